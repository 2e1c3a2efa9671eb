// Chunks from the stream into the store.
//
// Of a chunk that arrives before its predecessor, the lines before it are copied from another replica. Where none has them
// the chunk is put back for a while, because a message that was on its way when the
// server was killed is delivered again only seconds later. A predecessor that does not come by then is gone; the chunk
// is dropped, and the shipper, who asks for the position, sends both again.

import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { logsConsumer, type Bus, type BusMessage, type Subscription } from '@slipway/bus';
import { SlipwayError } from '@slipway/contracts';
import { parseChunk } from '../core/chunk.js';
import type { LogStore } from './log-store.js';
import type { Mirror } from './mirror.js';

const GAP_RETRY_MS = 500;
/** Above the time after which the server repeats what it got no answer for. */
const GAP_PATIENCE_MS = 15_000;
/** Messages put back occupy the consumer: no more than this share of what it may hold. */
const MAX_PUT_BACK = 200;
/** Twice as many chunks of up to 256 KiB may be in memory. */
const CONCURRENCY = 48;

export interface LogConsumerPorts {
  bus: Pick<Bus, 'consume'>;
  store: LogStore;
  mirror: Pick<Mirror, 'start' | 'stop' | 'doubt' | 'catchUp'>;
  instance: string;
  /** How long the stream keeps lines for this replica when it is away. */
  forgottenAfterMs?: number;
  now: () => number;
}

export class LogConsumer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  #subscription: Subscription | undefined;
  readonly #putBack = new Set<number>();

  constructor(private readonly ports: LogConsumerPorts) {}

  get isRunning(): boolean {
    return this.#subscription !== undefined;
  }

  async onApplicationBootstrap(): Promise<void> {
    const { bus, mirror, instance, forgottenAfterMs } = this.ports;
    const { durable, stream, ...spec } = logsConsumer(instance);
    this.#subscription = await bus.consume({
      stream,
      durable,
      forgottenAfterMs: forgottenAfterMs ?? spec.forgottenAfterMs!,
      onNew: () => mirror.doubt(),
      decode: (message) => parseChunk(message.json()),
      handle: (chunk, message) => this.handle(chunk, message),
      concurrency: CONCURRENCY,
      // A full disk may last; giving up would lose lines.
      policy: { maxDeliveries: Number.MAX_SAFE_INTEGER, baseDelayMs: 100, maxDelayMs: 5000 },
    });
    mirror.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all([this.#subscription?.stop(), this.ports.mirror.stop()]);
    this.#subscription = undefined;
  }

  /** Resolves when the chunk needs no further delivery. */
  async handle(chunk: ReturnType<typeof parseChunk>, message: BusMessage): Promise<void> {
    const { store, mirror, now } = this.ports;
    let outcome = await store.append(chunk);
    if (outcome === 'gap') {
      await mirror.catchUp(chunk);
      outcome = await store.append(chunk);
    }
    this.#putBack.delete(message.sequence);
    if (outcome !== 'gap') return;
    const isPatient = now() - message.timeMs < GAP_PATIENCE_MS && this.#putBack.size < MAX_PUT_BACK;
    if (!isPatient) return;
    this.#putBack.add(message.sequence);
    throw new SlipwayError('transient', 'LinesMissing', `Lines before ${chunk.first} are not here yet.`, {
      retryAfterMs: GAP_RETRY_MS,
    });
  }
}
