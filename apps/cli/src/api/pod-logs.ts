// Reads the log of one container to its end.
//
//   P1. Every line once: after a broken connection the log is read again, and the lines already given are passed over.

import { setTimeout as sleep } from 'node:timers/promises';
import { SlipwayError } from '@slipway/contracts';
import type { ApiClient } from './client.js';

export interface ContainerLog {
  namespace: string;
  pod: string;
  container: string;
  timestamps?: boolean;
  /** Goes on until the container has ended; otherwise what is there now. */
  follow: boolean;
  signal: AbortSignal;
  /** True once the container's run has its outcome: what is missing then will not come. */
  isOver: () => boolean;
}

const RETRY_MS = 100;
/** Tries after the run is over, for lines that are still on their way. */
const LAST_TRIES = 20;
const LONGEST_LINE = 1024 * 1024;

/** Lines without their ends. Ends when the container has; throws when the log cannot be had. */
export async function* containerLines(client: ApiClient, log: ContainerLog): AsyncGenerator<string> {
  const path = `/api/v1/namespaces/${encodeURIComponent(log.namespace)}/pods/${encodeURIComponent(log.pod)}/log`;
  const query = {
    container: log.container,
    ...(log.follow ? { follow: 'true' } : {}),
    ...(log.timestamps === true ? { timestamps: 'true' } : {}),
  };
  let given = 0;
  let triesLeft = LAST_TRIES;
  while (!log.signal.aborted) {
    const wasOver = log.isOver();
    try {
      const response = await client.stream(path, { query, signal: log.signal });
      let seen = 0;
      for await (const line of linesOf(response)) {
        if (++seen <= given) continue; // P1
        given = seen;
        yield line;
      }
      return;
    } catch (thrown) {
      if (log.signal.aborted) return;
      if (thrown instanceof SlipwayError && (thrown.kind === 'forbidden' || thrown.kind === 'unauthorized'))
        throw thrown;
      if (!log.follow || (wasOver && --triesLeft === 0)) throw thrown;
      await sleep(RETRY_MS, undefined, { signal: log.signal }).catch(() => undefined);
    }
  }
}

async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      yield rest.subarray(0, end).toString('utf8');
      rest = rest.subarray(end + 1);
    }
    if (rest.length <= LONGEST_LINE) continue;
    yield rest.toString('utf8');
    rest = Buffer.alloc(0);
  }
  if (rest.length > 0) yield rest.toString('utf8');
}
