// Log lines on their way from a pod to a reader.

/** Request/reply subjects that the logs service answers. */
export const LOGS_RPC = { read: 'logs.read', remove: 'logs.remove' } as const;

/** One line of a container's output. */
export interface LogLine {
  /** RFC 3339 with nanoseconds, from the moment the first byte of the line was read. */
  time: string;
  stream: 'stdout' | 'stderr';
  /** Without its line end. A line over 16 KiB comes as several with `partial` on all but the last. */
  text: string;
  partial?: true;
}

/** Published by the executor on `logSubject`; message id `<pod uid>.<container>.<first>`. */
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
export interface RemoveLogsRequest {
  namespace: string;
  podUid: string;
}
