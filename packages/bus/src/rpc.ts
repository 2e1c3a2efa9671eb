// Questions and answers over core NATS.
//
//   R1. A request that cannot be answered now fails at once as `transient`; the caller decides whether to try again.
//   R2. A handler's SlipwayError reaches the caller whole; any other throw says nothing but `internal`.
//   R3. `stop()` waits for the answers in hand, but not for one that never comes.
//   R4. A question that came while this process stood still is left unanswered (connection.ts, N4).
//   R5. An answer goes to an inbox or nowhere: whoever may ask must not have us write to a stream, or order its deletion.

import { setTimeout as sleep } from 'node:timers/promises';
import { nuid } from '@nats-io/nats-core';
import { TimeoutError, NoRespondersError, RequestError, type Msg } from '@nats-io/transport-node';
import { SlipwayError, asSlipwayError, toWireError } from '@slipway/contracts';
import type { RpcHandler, Subscription } from './bus.js';
import type { Connection } from './connection.js';
import { decodeReply, decodeRequest, encodeFailure, encodeRequest, encodeResponse } from './packet.js';
import { tooLarge } from './publisher.js';
import { INBOX_PREFIX } from './users.js';

const DEFAULT_TIMEOUT_MS = 10_000;
const STOP_MS = 5000;

export async function request(
  connection: Connection,
  subject: string,
  data: unknown,
  timeoutMs = DEFAULT_TIMEOUT_MS,
): Promise<unknown> {
  const startedMs = performance.now();
  let outcome = 'ok';
  try {
    return await ask(connection, subject, data, timeoutMs);
  } catch (error) {
    outcome = asSlipwayError(error).kind;
    throw error;
  } finally {
    connection.settings.metrics.requested?.(subject, outcome, performance.now() - startedMs);
  }
}

async function ask(connection: Connection, subject: string, data: unknown, timeoutMs: number): Promise<unknown> {
  if (!connection.isReady) {
    throw new SlipwayError('transient', 'BusLost', 'NATS is not connected.', { retryAfterMs: 100 }); // R1
  }
  const bytes = encodeRequest(subject, data, nuid.next());
  if (bytes.length > connection.maxPayload) throw tooLarge(subject, bytes.length, connection.maxPayload);
  let reply: Msg;
  try {
    reply = await connection.untilLost(connection.nc.request(subject, bytes, { timeout: timeoutMs }));
  } catch (error) {
    throw failureOf(error, subject, timeoutMs);
  }
  return decodeReply(subject, reply.data);
}

function failureOf(error: unknown, subject: string, timeoutMs: number): SlipwayError {
  if (error instanceof SlipwayError) return error;
  if (error instanceof NoRespondersError || (error instanceof RequestError && error.isNoResponders())) {
    return new SlipwayError('transient', 'NobodyAnswers', `No service answers ${subject}.`, { retryAfterMs: 100 });
  }
  if (error instanceof TimeoutError || (error instanceof Error && error.cause instanceof TimeoutError)) {
    return new SlipwayError('transient', 'Timeout', `${subject} was not answered within ${timeoutMs} ms.`);
  }
  return new SlipwayError('transient', 'RequestFailed', `${subject} could not be asked.`, { cause: error });
}

/** Resolves when the server knows of it, so that a request that is sent now finds it. */
export async function serve(
  connection: Connection,
  subject: string,
  queue: string,
  handler: RpcHandler,
): Promise<Subscription> {
  const inHand = new Set<Promise<void>>();
  const subscription = connection.nc.subscribe(subject, {
    queue,
    callback: (error, message) => {
      if (error !== null) {
        connection.settings.logger.error({ err: error, subject }, 'cannot answer on this subject');
        return;
      }
      if (connection.noticeStop()) return; // R4
      const answering = answer(connection, message, handler).finally(() => inHand.delete(answering));
      inHand.add(answering);
    },
  });
  let stopped: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    if (connection.isReady) await Promise.race([subscription.drain().catch(() => {}), lost(connection)]);
    else subscription.unsubscribe();
    await Promise.race([Promise.all(inHand), sleep(STOP_MS, undefined, { ref: false })]); // R3
  };
  if (connection.isReady) await connection.untilLost(connection.nc.flush()).catch(() => {});
  return { stop: () => (stopped ??= stop()) };
}

async function answer(connection: Connection, message: Msg, handler: RpcHandler): Promise<void> {
  const startedMs = performance.now();
  const { logger, metrics } = connection.settings;
  const request = decodeRequest(message.data);
  if (request === undefined || message.reply?.startsWith(INBOX_PREFIX) !== true) return; // R5
  let outcome = 'ok';
  let bytes: Uint8Array;
  try {
    bytes = encodeResponse(request.id, await handler(request.data, message.subject));
    if (bytes.length > connection.maxPayload) throw tooLarge(message.subject, bytes.length, connection.maxPayload);
  } catch (thrown) {
    const error = asSlipwayError(thrown);
    outcome = error.kind;
    if (error.kind === 'internal') logger.error({ err: thrown, subject: message.subject }, 'a request failed');
    bytes = encodeFailure(request.id, toWireError(error)); // R2
  }
  try {
    message.respond(bytes);
  } catch (error) {
    logger.warn({ err: error, subject: message.subject }, 'an answer could not be sent');
  }
  metrics.served?.(message.subject, outcome, performance.now() - startedMs);
}

function lost(connection: Connection): Promise<void> {
  return new Promise((resolve) => {
    const forget = connection.onLost(() => {
      forget();
      resolve();
    });
  });
}
