// The stand-in for `connectBus`: the same behaviour without a server, for tests of what sits on the bus.

import { setTimeout as sleep } from 'node:timers/promises';
import {
  decodePayload,
  encodePayload,
  settleOne,
  type Broken,
  type Bus,
  type BusMessage,
  type ConsumeOptions,
  type FollowOptions,
  type RpcHandler,
  type StreamState,
  type Subscription,
  type Verdict,
} from '@slipway/bus';
import { SlipwayError, asSlipwayError, deadLetterSubject, fromWireError, toWireError } from '@slipway/contracts';
import { MemoryBroker, matches, type MemoryStream, type StoredMessage } from './memory-broker.js';

/** A bus without a server. Give several the same broker to let them talk. */
export function memoryBus(broker: MemoryBroker = new MemoryBroker()): Bus {
  return new MemoryBus(broker);
}

class MemoryBus implements Bus {
  #isClosed = false;
  readonly #subscriptions = new Set<Subscription>();
  readonly #reconnectListeners = new Set<() => void>();
  readonly #forget: () => void;
  /** Publications and requests that the next kill, start or close concerns. */
  readonly #waiting = new Set<() => void>();

  constructor(private readonly broker: MemoryBroker) {
    this.#forget = broker.on((event) => {
      if (event === 'stored') return;
      for (const wake of [...this.#waiting]) wake();
      if (event === 'up') setImmediate(() => this.#tellReconnect());
    });
  }

  get maxPayload(): number {
    return this.broker.maxPayload;
  }
  isConnected(): boolean {
    return this.broker.isUp && !this.#isClosed;
  }
  onReconnect(listener: () => void): () => void {
    this.#reconnectListeners.add(listener);
    return () => this.#reconnectListeners.delete(listener);
  }

  async request<Reply>(subject: string, data: unknown, options: { timeoutMs?: number } = {}): Promise<Reply> {
    if (!this.isConnected()) throw transient('BusLost', 'The bus is not connected.');
    const asked = this.#overWire(subject, data);
    const handler = this.broker.responder(subject);
    if (handler === undefined) throw transient('NobodyAnswers', `No service answers ${subject}.`);
    const timeoutMs = options.timeoutMs ?? 10_000;
    const late = new AbortController();
    const timeout = sleep(timeoutMs, undefined, { signal: late.signal, ref: false }).then(() => {
      throw transient('Timeout', `${subject} was not answered within ${timeoutMs} ms.`);
    });
    const lost = this.#change(late.signal).then(() => {
      throw transient('BusLost', 'The connection is lost.');
    });
    try {
      return (await Promise.race([this.#answer(subject, asked, handler), timeout, lost])) as Reply;
    } finally {
      timeout.catch(() => {});
      lost.catch(() => {});
      late.abort();
    }
  }

  serve(subject: string, queue: string, handler: RpcHandler): Promise<Subscription> {
    const inHand = new Set<Promise<unknown>>();
    const leave = this.broker.respond(subject, queue, (data, asked) => {
      const answer = Promise.resolve().then(() => handler(data, asked));
      const settled: Promise<unknown> = answer.catch(() => {}).finally(() => inHand.delete(settled));
      inHand.add(settled);
      return answer;
    });
    const stop = async (): Promise<void> => {
      leave();
      await Promise.all(inHand);
    };
    return Promise.resolve(this.#kept(stop));
  }

  call(subject: string): void {
    if (this.isConnected()) this.broker.call(subject);
  }

  onCall(subject: string, listener: () => void): Subscription {
    const hear = (): void => listener(); // a listener that is given twice hears twice
    const forget = this.broker.onCall(subject, hear);
    return this.#kept(() => Promise.resolve(forget()));
  }

  async publish(subject: string, payload: unknown, options: { id: string; signal?: AbortSignal }): Promise<void> {
    const data = encodePayload(payload);
    if (data.length + 1024 > this.maxPayload) throw tooLarge(subject);
    for (;;) {
      if (options.signal?.aborted === true) throw asSlipwayError(options.signal.reason);
      if (this.#isClosed) throw transient('BusClosed', 'This process is stopping.');
      if (this.broker.isUp) return this.broker.store(subject, data, options.id);
      await this.#change(options.signal);
    }
  }

  consume<E>(options: ConsumeOptions<E>): Promise<Subscription> {
    const running = new Set<Promise<void>>();
    let isStopping = false;
    const pump = (): void => {
      while (!isStopping && this.broker.isUp && running.size < (options.concurrency ?? 1)) {
        const stream = this.broker.stream(options.stream);
        if (!stream.durables.has(options.durable)) options.onNew?.();
        const durable = stream.durable(options.durable, options.filter);
        const taken = durable.take(Date.now());
        if (taken === undefined) return;
        const { life } = this.broker;
        const message = messageOf(taken.message, taken.delivery);
        const apply = (verdict: Verdict): void => {
          if (life !== this.broker.life) return;
          if (verdict.kind !== 'nak') return durable.settle(message.sequence);
          durable.putBack(message.sequence, Date.now() + verdict.delayMs);
          setTimeout(pump, verdict.delayMs + 1).unref();
        };
        const bury = (letter: BusMessage): Promise<void> =>
          this.publish(deadLetterSubject(options.durable, letter.subject), letter.data, {
            id: `${options.durable}.${letter.sequence}.${letter.timeMs}`,
          });
        const handled: Promise<void> = settleOne(message, options, bury, apply).then(() => {
          running.delete(handled);
          pump();
        });
        running.add(handled);
      }
    };
    const forget = this.broker.on(pump);
    pump();
    const stop = async (): Promise<void> => {
      isStopping = true;
      forget();
      await Promise.all(running);
    };
    return Promise.resolve(this.#kept(stop));
  }

  follow(options: FollowOptions): Promise<Subscription> {
    const first = this.broker.stream(options.stream);
    let created = first.created;
    let next = options.startAt === 'new' ? first.lastSequence + 1 : options.startAt.sequence;
    let isStopping = false;
    let turn = Promise.resolve();
    const read = async (): Promise<void> => {
      for (;;) {
        const stream: MemoryStream = this.broker.stream(options.stream);
        if (stream.created !== created) {
          created = stream.created;
          next = 1;
          options.onBroken({ kind: 'recreated' });
        }
        if (isStopping || !this.broker.isUp || next > stream.lastSequence) return;
        const message = stream.messages.get(next++);
        if (message === undefined || !matches(options.filter, message.subject)) continue;
        await handleOne(options, messageOf(message, 1));
      }
    };
    const pump = (): void => {
      turn = turn.then(read);
    };
    const forget = this.broker.on(pump);
    pump();
    const stop = async (): Promise<void> => {
      isStopping = true;
      forget();
      await turn;
    };
    return Promise.resolve(this.#kept(stop));
  }

  async streamState(name: string): Promise<StreamState> {
    if (!this.isConnected()) throw transient('BusLost', 'The bus is not connected.');
    const { messages, maxBytes, durables } = this.broker.stream(name);
    const sizeBytes = [...messages.values()].reduce((sum, { data }) => sum + data.length, 0);
    const states = [...durables].map(([durable, { waiting }]) => ({ name: durable, waiting }));
    return Promise.resolve({ messages: messages.size, sizeBytes, maxBytes, durables: states });
  }

  async removeDurable(stream: string, durable: string): Promise<void> {
    if (!this.isConnected()) throw transient('BusLost', 'The bus is not connected.');
    this.broker.stream(stream).removeDurable(durable);
    return Promise.resolve();
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const wake of [...this.#waiting]) wake();
    await Promise.all([...this.#subscriptions].map((subscription) => subscription.stop()));
    this.#forget();
  }

  async #answer(subject: string, data: unknown, handler: RpcHandler): Promise<unknown> {
    try {
      return this.#overWire(subject, await handler(data, subject));
    } catch (thrown) {
      throw fromWireError(this.#overWire(subject, toWireError(thrown)) as ReturnType<typeof toWireError>);
    }
  }

  /** What the other side gets: a copy, through JSON. */
  #overWire(subject: string, value: unknown): unknown {
    const text = JSON.stringify({ value });
    if (text.length > this.maxPayload) throw tooLarge(subject);
    return (JSON.parse(text) as { value: unknown }).value;
  }

  /** Resolves at the next kill, start, close or abort. */
  #change(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#waiting.delete(wake);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      this.#waiting.add(wake);
      signal?.addEventListener('abort', wake);
    });
  }

  #tellReconnect(): void {
    if (!this.isConnected()) return;
    for (const listener of [...this.#reconnectListeners]) listener();
  }

  #kept(stop: () => Promise<void>): Subscription {
    let stopped: Promise<void> | undefined;
    const subscription: Subscription = {
      stop: () => {
        this.#subscriptions.delete(subscription);
        return (stopped ??= stop());
      },
    };
    this.#subscriptions.add(subscription);
    return subscription;
  }
}

async function handleOne(options: FollowOptions, message: BusMessage): Promise<void> {
  try {
    await options.handle(message);
  } catch (cause) {
    const broken: Broken = { kind: 'unreadable', sequence: message.sequence, subject: message.subject, cause };
    options.onBroken(broken);
  }
}

function messageOf({ subject, data, sequence, timeMs }: StoredMessage, delivery: number): BusMessage {
  return { subject, data, sequence, timeMs, delivery, json: <T>() => decodePayload(subject, data) as T };
}

function transient(reason: string, message: string): SlipwayError {
  return new SlipwayError('transient', reason, message, { retryAfterMs: 20 });
}

function tooLarge(subject: string): SlipwayError {
  return new SlipwayError('too-large', 'MessageTooLarge', `A message on ${subject} is over the bus's limit.`);
}
