// Answers readers: from any line, from a time, the last lines, and what comes next; and shippers, who forget a log when
// it is safe here.
//
//   R1. A log has ended, so that its pod may go, only when every replica that answers has all of it on disk. One that does
//       not answer gets it over the stream, or from another when it is back.
//   R2. A replica that has nothing for a reader asks the others before it lets the reader wait: what is missing here may
//       be there.

import {
  SlipwayError,
  msOf,
  type LogPositionReply,
  type LogPositionRequest,
  type ReadLogReply,
  type ReadLogRequest,
} from '@slipway/contracts';
import type { ContainerLog, ReadLimits } from './container-log.js';
import type { LogStore } from './log-store.js';
import type { Mirror } from './mirror.js';
import type { Peers } from './peers.js';

const MAX_LINES = 5000;
/** A reader that went away is forgotten after this. */
const MAX_WAIT_MS = 30_000;

export interface LogReaderPorts {
  store: LogStore;
  peers: Pick<Peers, 'names' | 'askAll'>;
  mirror: Pick<Mirror, 'catchUp'>;
  /** Of one answer, as JSON. */
  maxBytes: number;
}

export class LogReader {
  constructor(private readonly ports: LogReaderPorts) {}

  /** Lines from `from` on, of whichever replica has them; waits for the first one when there is none. */
  async read(request: ReadLogRequest): Promise<ReadLogReply> {
    const { store, peers } = this.ports;
    const waitMs = Math.min(request.waitMs, MAX_WAIT_MS);
    const change = waitMs > 0 ? store.change(request, waitMs) : undefined; // before reading: nothing slips between
    try {
      const here = await this.readHere(request);
      if (here.end || (here.lines.length > 0 && request.from >= 0)) return here;
      const others = await peers.askAll<ReadLogReply>('read', { ...request, waitMs: 0 }); // R2
      const reply = [here, ...others].reduce(further);
      if (change === undefined || reply.lines.length > 0 || reply.end) return reply;
      await change.happened;
      return await this.readHere({ ...request, from: reply.next });
    } finally {
      change?.forget();
    }
  }

  /** R1: says that a log has ended only when every replica that answers has all of it. */
  async position(request: LogPositionRequest): Promise<LogPositionReply> {
    const here = await this.positionHere(request);
    if (!here.ended) return here;
    const others = await this.ports.peers.askAll<LogPositionReply>('position', request);
    return others.find(({ ended }) => !ended) ?? here;
  }

  /** Of this replica alone, at once. */
  async readHere(request: ReadLogRequest): Promise<ReadLogReply> {
    const { store, maxBytes } = this.ports;
    const limits = limitsOf(request, maxBytes);
    return store.read(request, async (log) => {
      if (log === undefined) {
        return { lines: [], next: Math.max(request.from, 0), end: store.isRemoved(request) };
      }
      const { lines, next } = await log.read(firstLine(request.from, log), limits);
      return { lines, next, end: log.isEnded && next >= log.next };
    });
  }

  /** Of this replica alone, once it has what the others have of the container. */
  async positionHere(request: LogPositionRequest): Promise<LogPositionReply> {
    const { store, peers, mirror } = this.ports;
    const position = await store.position(request);
    if (position.ended || peers.names.length === 0) return position;
    await mirror.catchUp(request);
    return store.position(request);
  }
}

/** Of two replicas' answers to one question, the one that tells more. */
function further(one: ReadLogReply, other: ReadLogReply): ReadLogReply {
  if (one.end !== other.end) return one.end ? one : other;
  return other.next > one.next ? other : one;
}

function firstLine(from: number, log: ContainerLog): number {
  return from >= 0 ? from : Math.max(log.next + from, 0);
}

function limitsOf({ maxLines, sinceTime }: ReadLogRequest, maxBytes: number): ReadLimits {
  const limits = { maxLines: Math.min(Math.max(maxLines ?? MAX_LINES, 1), MAX_LINES), maxBytes };
  if (sinceTime === undefined) return limits;
  const sinceMs = msOf(sinceTime);
  if (sinceMs === undefined) throw new SlipwayError('invalid', 'BadTime', `sinceTime "${sinceTime}" is not a time.`);
  return { ...limits, sinceMs };
}
