// Publishing to streams: pipelined, and repeated until it is stored.
//
//   P1. A message is reported as published only when the server has confirmed it.
//   P2. A repeat carries the id of the first try, so the stream holds it once.
//   P3. What waits is sent in the order of the calls. One failure holds back all that is not yet sent.
//   P4. What was given up is let go of at once: whoever gives up and tries anew all through an outage must not fill the memory.

import { setTimeout as sleep } from 'node:timers/promises';
import { headers, type Msg, type MsgHdrs } from '@nats-io/transport-node';
import { SlipwayError, asSlipwayError } from '@slipway/contracts';
import type { Connection } from './connection.js';

/** The server answers in well under a millisecond; one that does not has lost the message or is in deep trouble. */
const CONFIRM_MS = 5000;
const MAX_IN_FLIGHT = 1024;
const MAX_DELAY_MS = 2000;
const COMPLAIN_EVERY_MS = 10_000;
/** Room for subject, headers and the server's own. */
const OVERHEAD_BYTES = 1024;
const MESSAGE_TOO_LARGE = 10054;

interface Publication {
  order: number;
  subject: string;
  data: Uint8Array;
  headers: MsgHdrs;
  startedMs: number;
  settle: (error?: SlipwayError) => void;
  isSettled: boolean;
}

interface PubAck {
  error?: { code: number; err_code?: number; description?: string };
}

export class Publisher {
  #order = 0;
  #inFlight = 0;
  #isHeld = false;
  #failures = 0;
  #complainedMs = 0;
  /** Not sent, ascending by `order`. */
  #queue: Publication[] = [];

  constructor(private readonly connection: Connection) {}

  publish(
    subject: string,
    data: Uint8Array,
    options: { id: string; signal?: AbortSignal; headers?: Record<string, string> },
  ): Promise<void> {
    if (data.length + OVERHEAD_BYTES > this.connection.maxPayload) {
      return Promise.reject(tooLarge(subject, data.length, this.connection.maxPayload));
    }
    if (this.connection.isClosed) return Promise.reject(stopping());
    const all = headers();
    all.set('Nats-Msg-Id', options.id);
    for (const [name, value] of Object.entries(options.headers ?? {})) all.set(name, value);
    return new Promise((resolve, reject) => {
      const { signal } = options;
      const onAbort = (): void => {
        const at = this.#queue.indexOf(publication);
        if (at !== -1) this.#queue.splice(at, 1); // P4
        publication.settle(asSlipwayError(signal?.reason));
      };
      const publication: Publication = {
        order: ++this.#order,
        subject,
        data,
        headers: all,
        startedMs: performance.now(),
        isSettled: false,
        settle: (error) => {
          if (publication.isSettled) return;
          publication.isSettled = true;
          signal?.removeEventListener('abort', onAbort);
          if (error === undefined) resolve();
          else reject(error);
        },
      };
      if (signal?.aborted) return publication.settle(asSlipwayError(signal.reason));
      signal?.addEventListener('abort', onAbort);
      this.#queue.push(publication);
      this.#flush();
    });
  }

  /** Fails what is still waiting; the connection is about to close. */
  close(): void {
    for (const publication of this.#queue) publication.settle(stopping());
    this.#queue = [];
  }

  #flush(): void {
    if (this.#isHeld || this.#queue.length === 0) return;
    if (this.connection.isClosed) return this.close();
    if (!this.connection.isReady) return void this.#recover(false);
    while (this.#queue.length > 0 && this.#inFlight < MAX_IN_FLIGHT && !this.#isHeld) {
      const publication = this.#queue.shift()!;
      if (!publication.isSettled) void this.#send(publication);
    }
  }

  async #send(publication: Publication): Promise<void> {
    const { subject, data } = publication;
    this.#inFlight++;
    try {
      const options = { headers: publication.headers, timeout: CONFIRM_MS };
      const reply = await this.connection.untilLost(this.connection.nc.request(subject, data, options));
      const refusal = refusalIn(reply);
      if (refusal === undefined) {
        this.#failures = 0;
        publication.settle(); // P1
        this.connection.settings.metrics.published?.(root(subject), performance.now() - publication.startedMs);
      } else if (refusal.err_code === MESSAGE_TOO_LARGE) {
        publication.settle(tooLarge(subject, data.length, this.connection.maxPayload));
      } else {
        this.#again(publication, new Error(refusal.description ?? `error ${refusal.code}`));
      }
    } catch (error) {
      this.#again(publication, error);
    } finally {
      this.#inFlight--;
      this.#flush();
    }
  }

  #again(publication: Publication, error: unknown): void {
    if (publication.isSettled) return;
    if (this.connection.isClosed) return publication.settle(stopping());
    const at = this.#queue.findIndex((other) => other.order > publication.order);
    this.#queue.splice(at === -1 ? this.#queue.length : at, 0, publication); // P3
    if (this.connection.isReady) this.#complain(publication.subject, error);
    if (!this.#isHeld) void this.#recover(this.connection.isReady);
  }

  /** Holds everything until the connection is ready and, after a refusal, the streams are checked again. */
  async #recover(wasRefused: boolean): Promise<void> {
    this.#isHeld = true;
    try {
      if (wasRefused) {
        const delayMs = Math.min(25 * 2 ** this.#failures++, MAX_DELAY_MS);
        await this.connection.repair().catch(() => {});
        await sleep(delayMs);
      }
      await this.connection.ready();
    } catch {
      this.close();
    } finally {
      this.#isHeld = false;
    }
    this.#flush();
  }

  #complain(subject: string, error: unknown): void {
    if (Date.now() - this.#complainedMs < COMPLAIN_EVERY_MS) return;
    this.#complainedMs = Date.now();
    this.connection.settings.logger.warn({ subject, err: error }, 'NATS did not store a message; trying on');
  }
}

function refusalIn(reply: Msg): PubAck['error'] {
  try {
    return reply.json<PubAck>().error;
  } catch {
    return { code: 500, description: 'unreadable confirmation' };
  }
}

function root(subject: string): string {
  return subject.slice(0, Math.max(subject.indexOf('.'), 0)) || subject;
}

export function tooLarge(subject: string, sizeBytes: number, maxBytes: number): SlipwayError {
  return new SlipwayError(
    'too-large',
    'MessageTooLarge',
    `A message of ${sizeBytes} bytes on ${subject.split('.', 2).join('.')} is over the bus's limit of ${maxBytes} bytes.`,
    { hint: 'Store it and refer to it, or raise max_payload of nats-server.' },
  );
}

function stopping(): SlipwayError {
  return new SlipwayError('transient', 'BusClosed', 'This process is stopping; the message was not published.');
}
