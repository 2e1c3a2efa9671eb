// The imperative half of a consumer: make the durable, pull, handle, settle. It decides nothing; `verdictFor` does.
//
//   B2. A message in hand is never delivered again while this process lives: `working()` is sent for all of them,
//       several times per `ackWaitMs`.
//   B3. `stop()` takes no new message and waits for those in hand.
//   B5. A message is settled only in the life of the connection that brought it: a server that lost its data gives
//       the same sequence to another message, and an old acknowledgement would remove it unread.
//   B6. A durable that is missing (wiped server, deleted by hand) is made again.

import { AckPolicy, DeliverPolicy, jetstream, type ConsumerMessages, type JsMsg } from '@nats-io/jetstream';
import { asSlipwayError, deadLetterSubject } from '@slipway/contracts';
import type { BusMessage, ConsumeOptions, Subscription } from './bus.js';
import type { Connection } from './connection.js';
import { keepReading } from './keep-reading.js';
import { latch } from './latch.js';
import { messageOf } from './message.js';
import type { Publisher } from './publisher.js';
import { settleOne } from './settle.js';
import type { Verdict } from './verdict.js';

const NANOS = 1_000_000;
const ACK_WAIT_MS = 10_000;
/** The server may have this many messages with the consumers of one durable. */
const MAX_ACK_PENDING = 1000;

interface Delivery {
  native: JsMsg;
  message: BusMessage;
  life: number;
}

export async function consume<E>(
  connection: Connection,
  publisher: Publisher,
  options: ConsumeOptions<E>,
): Promise<Subscription> {
  const worker = new Worker(connection, publisher, options);
  await worker.start();
  return worker;
}

class Worker<E> implements Subscription {
  readonly #concurrency: number;
  readonly #ackWaitMs: number;
  #isStopping = false;
  #stopped: Promise<void> | undefined;
  #ended: Promise<void> = Promise.resolve();
  #endSession: (() => void) | undefined;
  readonly #queue: Delivery[] = [];
  readonly #running = new Set<Promise<void>>();
  /** Delivered and not settled, waiting ones included (B2). */
  readonly #inHand = new Set<Delivery>();
  #heartbeat: NodeJS.Timeout | undefined;

  constructor(
    private readonly connection: Connection,
    private readonly publisher: Publisher,
    private readonly options: ConsumeOptions<E>,
  ) {
    this.#concurrency = options.concurrency ?? 1;
    this.#ackWaitMs = options.ackWaitMs ?? ACK_WAIT_MS;
  }

  /** Resolves when the durable exists and messages flow; rejects when the server refuses the durable. */
  async start(): Promise<void> {
    const { stream, durable } = this.options;
    const { ended } = await keepReading(this.connection, {
      fields: { stream, durable },
      isStopping: () => this.#isStopping,
      open: () => this.#open(),
      session: (opened) => this.#session(opened),
    });
    this.#ended = ended;
    this.#heartbeat = setInterval(() => this.#sendWorking(), this.#ackWaitMs / 4);
    this.#heartbeat.unref();
  }

  stop(): Promise<void> {
    return (this.#stopped ??= this.#stop());
  }

  async #stop(): Promise<void> {
    this.#isStopping = true;
    this.#endSession?.();
    this.#queue.length = 0;
    while (this.#running.size > 0) await Promise.all(this.#running); // B3
    clearInterval(this.#heartbeat);
    await this.#ended;
  }

  /** B6. */
  async #open(): Promise<ConsumerMessages> {
    const { stream, durable, filter, forgottenAfterMs } = this.options;
    const { life } = this.connection;
    const info = await this.connection.jsm.consumers.add(stream, {
      durable_name: durable,
      ack_policy: AckPolicy.Explicit,
      deliver_policy: DeliverPolicy.All,
      ack_wait: this.#ackWaitMs * NANOS,
      max_ack_pending: MAX_ACK_PENDING,
      max_deliver: -1, // `verdictFor` gives up, not the server in silence
      ...(filter === undefined ? {} : { filter_subject: filter }),
      ...(forgottenAfterMs === undefined ? {} : { inactive_threshold: forgottenAfterMs * NANOS }),
    });
    this.connection.settings.metrics.pending?.(durable, info.num_pending);
    if (info.delivered.consumer_seq === 0) this.options.onNew?.();
    return jetstream(this.connection.nc)
      .consumers.getConsumerFromInfo(info)
      .consume({
        max_messages: Math.min(Math.max(this.#concurrency * 2, 2), 256),
        expires: 30_000,
        idle_heartbeat: 10_000,
        callback: (native: JsMsg) => this.#accept({ native, message: messageOf(native), life }),
      });
  }

  /** Ends when the connection is lost, the durable is gone, or the worker stops. */
  async #session(messages: ConsumerMessages): Promise<void> {
    const ended = latch();
    this.#endSession = ended.open;
    const forget = this.connection.onLost(ended.open);
    if (this.#isStopping || !this.connection.isReady) ended.open();
    void (async () => {
      for await (const status of messages.status()) {
        if (status.type === 'consumer_deleted' || status.type === 'consumer_not_found') ended.open();
        if (status.type === 'stream_not_found' || status.type === 'no_responders') ended.open();
      }
      ended.open();
    })();
    await ended.opened;
    forget();
    this.#endSession = undefined;
    messages.stop();
  }

  #accept(delivery: Delivery): void {
    if (this.#isStopping) return;
    this.connection.settings.metrics.pending?.(this.options.durable, delivery.native.info.pending);
    this.#inHand.add(delivery);
    this.#queue.push(delivery);
    this.#next();
  }

  #next(): void {
    while (this.#running.size < this.#concurrency && this.#queue.length > 0) {
      const delivery = this.#queue.shift()!;
      if (delivery.life !== this.connection.life) {
        this.#inHand.delete(delivery); // comes again in the new life
        continue;
      }
      const running: Promise<void> = this.#handle(delivery).finally(() => {
        this.#running.delete(running);
        this.#inHand.delete(delivery);
        this.#next();
      });
      this.#running.add(running);
    }
  }

  async #handle(delivery: Delivery): Promise<void> {
    const startedMs = performance.now();
    const { durable } = this.options;
    const { metrics, logger } = this.connection.settings;
    try {
      const verdict = await settleOne(
        delivery.message,
        {
          ...this.options,
          onSettled: (message, settled, thrown) => {
            if (settled.kind !== 'ack') this.#tell(message, settled, thrown);
            this.options.onSettled?.(message, settled, thrown);
          },
        },
        (message, reason) => this.#bury(message, reason),
        (settled) => this.#apply(delivery, settled),
      );
      metrics.consumed?.(durable, verdict.kind, delivery.message.delivery, performance.now() - startedMs);
    } catch (error) {
      logger.error({ err: error, durable, subject: delivery.message.subject }, 'a delivery could not be settled');
    }
  }

  #tell(message: BusMessage, verdict: Verdict, thrown: unknown): void {
    const { logger } = this.connection.settings;
    const fields = { durable: this.options.durable, subject: message.subject, delivery: message.delivery, verdict };
    const { kind } = asSlipwayError(thrown);
    if (verdict.kind === 'term')
      logger.error({ ...fields, err: thrown }, 'gave up on a message; it is a dead letter now');
    else if (kind === 'internal') logger.warn({ ...fields, err: thrown }, 'a handler failed; the message comes again');
    else logger.debug({ ...fields, err: thrown }, 'a handler asks for the message again');
  }

  #bury(message: BusMessage, reason: string): Promise<void> {
    const { durable, stream } = this.options;
    return this.publisher.publish(deadLetterSubject(durable, message.subject), message.data, {
      // The time is in it because a stream that is made anew gives the same sequence to another message.
      id: `${durable}.${stream}.${message.sequence}.${message.timeMs}`,
      headers: {
        'Slipway-Reason': headerText(reason),
        'Slipway-Stream': stream,
        'Slipway-Sequence': String(message.sequence),
        'Slipway-Deliveries': String(message.delivery),
      },
    });
  }

  #apply({ native, life }: Delivery, verdict: Verdict): void {
    if (life !== this.connection.life) return; // B5
    switch (verdict.kind) {
      case 'ack':
        return native.ack();
      case 'nak':
        return native.nak(verdict.delayMs);
      case 'term':
        return native.term(); // bare: a server before 2.11 ignores one with a reason, and delivers again
    }
  }

  #sendWorking(): void {
    for (const { native, life } of this.#inHand) if (life === this.connection.life) native.working();
  }
}

function headerText(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, ' ').slice(0, 512);
}
