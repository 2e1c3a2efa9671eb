// What a consumer and a follower have in common: open a reading of a stream, run it until it ends, open it again.
//
//   K1. A refusal of the first opening is the caller's; later everything is tried again, for ever.
//   K2. What keeps failing is tried ever more slowly, and told once in a while.

import { setTimeout as sleep } from 'node:timers/promises';
import { JetStreamApiError } from '@nats-io/jetstream';
import type { Connection } from './connection.js';

const FIRST_MS = 100;
const MAX_MS = 5000;
/** A session that lasted this long was a good one. */
const GOOD_MS = 1000;
const COMPLAIN_EVERY_MS = 10_000;
const STREAM_NOT_FOUND = 10059;

export interface Reading<S> {
  /** For the log: `{ stream, durable }`. */
  fields: object;
  isStopping: () => boolean;
  /** Asks the server for what is needed. */
  open: () => Promise<S>;
  /** Ends when the connection is lost, the server has dropped the reading, or it is to stop. */
  session: (opened: S) => Promise<void>;
}

/** Resolves when the first opening is done; `ended` when the reading has stopped. */
export async function keepReading<S>(connection: Connection, reading: Reading<S>): Promise<{ ended: Promise<void> }> {
  let ended: Promise<void> = Promise.resolve();
  await new Promise<void>((started, refused) => {
    ended = run(connection, reading, started, refused).then(started);
  });
  return { ended };
}

async function run<S>(
  connection: Connection,
  reading: Reading<S>,
  started: () => void,
  refused: (error: unknown) => void,
): Promise<void> {
  let isFirst = true;
  let failures = 0;
  let complainedMs = 0;
  while (!reading.isStopping()) {
    const startedMs = Date.now();
    try {
      await connection.ready();
      if (reading.isStopping()) return;
      const opened = await connection.untilLost(reading.open());
      started();
      isFirst = false;
      await reading.session(opened);
    } catch (error) {
      if (connection.isClosed) return;
      if (isFirst && isRefusal(error)) return refused(error); // K1
      if (connection.isReady && Date.now() - complainedMs >= COMPLAIN_EVERY_MS) {
        complainedMs = Date.now();
        connection.settings.logger.warn({ ...reading.fields, err: error }, 'reading a stream failed; trying on');
      }
    }
    if (Date.now() - startedMs >= GOOD_MS) failures = 0;
    if (!connection.isReady || reading.isStopping()) continue;
    await connection.repair().catch(() => {}); // the stream may be gone
    await sleep(Math.min(FIRST_MS * 2 ** failures++, MAX_MS), undefined, { ref: false }); // K2
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof JetStreamApiError && error.status === 400 && error.code !== STREAM_NOT_FOUND;
}
