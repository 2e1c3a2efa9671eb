// Log lines on their way from a pod to a reader.

/** Request/reply subjects that the logs service answers. */
export const LOGS_RPC = { read: 'logs.read', position: 'logs.position' } as const;

/** One line of a container's output. */
export interface LogLine {
  /** RFC 3339 with nanoseconds, from the moment the first byte of the line was read. */
  time: string;
  stream: 'stdout' | 'stderr';
  /** Without its line end. A line over 16 KiB comes as several with `partial` on all but the last. */
  text: string;
  partial?: true;
}

/** Published by the executor on `logSubject`, with `logChunkId` as message id. At most 256 KiB. */
export interface LogChunk {
  namespace: string;
  pod: string;
  podUid: string;
  container: string;
  /** Number of the first line of the chunk, counting the container's lines from 0. Chunks of a container are in order. */
  first: number;
  lines: LogLine[];
  /** The container has ended and these are its last lines. */
  end?: true;
  /** The lines before `first` that are not stored yet are gone for good: readers get a mark in their place. */
  gone?: true;
}

/**
 * Message id of a chunk. `attempt` is any text that is new each time the shipper goes back to a position it was told:
 * the bus drops what repeats an id, and lines that are sent again must not be dropped.
 */
export function logChunkId(chunk: LogChunk, attempt: string): string {
  const last = `${chunk.first + chunk.lines.length}${chunk.end === true ? 'e' : ''}`;
  return `${chunk.podUid}.${chunk.container}.${chunk.first}-${last}.${attempt}`;
}

/**
 * Asks which line of a container is to be sent next. This is what makes sure that no line is lost: a chunk on the bus
 * may vanish with the server's data. The shipper asks
 *
 * - when it starts with a container, also after a restart of its process,
 * - after every reconnect to the bus, and now and then while it sends,
 * - after the chunk with `end`, again every few seconds, until `ended` is true; only then may the container's own log
 *   be deleted,
 *
 * and whenever the answer is behind the lines it has sent and stays there for a second, it sends again from `next`,
 * with a new `attempt`. Lines that arrive twice are merged by their number.
 */
export interface LogPositionRequest {
  namespace: string;
  podUid: string;
  container: string;
}
export interface LogPositionReply {
  /** Number of the first line that is not stored yet; 0 for an unknown container. */
  next: number;
  /** The end is stored, on every replica that can be asked: nothing more is wanted. */
  ended: boolean;
}

export interface ReadLogRequest {
  namespace: string;
  podUid: string;
  container: string;
  /** First line wanted, counting from 0; negative counts from the end: -10 is the last ten. */
  from: number;
  /** Only lines of this time or later. RFC 3339. */
  sinceTime?: string;
  maxLines?: number;
  /** When nothing is there yet: answer as soon as something is, or empty after this long. 0 answers at once. */
  waitMs: number;
}
export interface ReadLogReply {
  lines: LogLine[];
  /** Give this as `from` to go on. */
  next: number;
  /** Nothing comes after `next`. */
  end: boolean;
}

/**
 * What replicas of the logs service ask each other, each under its own name. Every replica stores every line: what one has
 * missed, it copies from another. Answered from the replica's own disk.
 */
export function logsPeerRpc(instance: string): Record<LogsPeerQuestion, string> {
  const of = (question: LogsPeerQuestion): string => `logs.peer.${instance}.${question}`;
  return { list: of('list'), copy: of('copy'), read: of('read'), position: of('position') };
}
export type LogsPeerQuestion = 'list' | 'copy' | 'read' | 'position';

/** What is stored, in the order of the names; page by page. */
export interface ListLogsRequest {
  /** Go on behind this pod. */
  after?: { namespace: string; podUid: string };
}
export interface ListLogsReply {
  pods: StoredPod[];
  /** Nothing comes after these. */
  end: boolean;
}
export interface StoredPod {
  namespace: string;
  podUid: string;
  /** Size of each container's file. Two replicas' files of the same lines are alike. Bytes. */
  containers: Record<string, number>;
}

/** The stored form of lines, as many as fit, from line `from` on. */
export interface CopyLogRequest {
  namespace: string;
  podUid: string;
  container: string;
  from: number;
}
export interface CopyLogReply {
  /** Line of the first record; a mark that stands for several lines may begin before `from`. */
  first: number;
  /** As they stand in the file; none when nothing is stored behind `from`. */
  records: string[];
}
