// Answers readers: from any line, from a time, the last lines, and what comes next.

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

const MAX_LINES = 5000;
/** A reader that went away is forgotten after this. */
const MAX_WAIT_MS = 30_000;

export class LogReader {
  constructor(
    private readonly store: LogStore,
    /** Of one answer, as JSON. */
    private readonly maxBytes: number,
  ) {}

  /** Lines from `from` on; waits for the first one when there is none. */
  async read(request: ReadLogRequest): Promise<ReadLogReply> {
    const waitMs = Math.min(request.waitMs, MAX_WAIT_MS);
    const change = waitMs > 0 ? this.store.change(request, waitMs) : undefined; // before reading: nothing slips between
    try {
      const reply = await this.#now(request);
      if (change === undefined || reply.lines.length > 0 || reply.end) return reply;
      await change.happened;
      return await this.#now({ ...request, from: reply.next });
    } finally {
      change?.forget();
    }
  }

  async position(request: LogPositionRequest): Promise<LogPositionReply> {
    if (this.store.isRemoved(request)) return { next: 0, ended: true };
    return this.store.read(request, (log) => Promise.resolve({ next: log?.next ?? 0, ended: log?.isEnded ?? false }));
  }

  async #now(request: ReadLogRequest): Promise<ReadLogReply> {
    const limits = limitsOf(request, this.maxBytes);
    return this.store.read(request, async (log) => {
      if (log === undefined) {
        return { lines: [], next: Math.max(request.from, 0), end: this.store.isRemoved(request) };
      }
      const { lines, next } = await log.read(firstLine(request.from, log), limits);
      return { lines, next, end: log.isEnded && next >= log.next };
    });
  }
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
