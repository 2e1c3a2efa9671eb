// A message server in memory: what `MemoryBus` talks to in place of nats-server. It keeps state, can be killed and can
// lose its data; it is held to the same contract as the real one.

import { DUPLICATE_WINDOW_MS, STREAMS, type RpcHandler } from '@slipway/bus';

export interface StoredMessage {
  subject: string;
  data: Uint8Array;
  sequence: number;
  timeMs: number;
}

/** Which messages of one durable are with whom. */
class MemoryDurable {
  #next = 1;
  /** Sequences that come again, and when. */
  readonly #again = new Map<number, number>();
  readonly #out = new Set<number>();
  readonly #deliveries = new Map<number, number>();
  readonly #settled = new Set<number>();

  constructor(
    private readonly stream: MemoryStream,
    private readonly filter: string | undefined,
  ) {}

  /** The next message to handle, and how many times it has been delivered with this one. */
  take(nowMs: number): { message: StoredMessage; delivery: number } | undefined {
    const sequence = this.#due(nowMs) ?? this.#fresh();
    if (sequence === undefined) return undefined;
    const message = this.stream.messages.get(sequence)!;
    const delivery = (this.#deliveries.get(sequence) ?? 0) + 1;
    this.#deliveries.set(sequence, delivery);
    this.#out.add(sequence);
    return { message, delivery };
  }

  settle(sequence: number): void {
    this.#out.delete(sequence);
    this.#deliveries.delete(sequence);
    this.#settled.add(sequence);
    this.stream.forgetSettled(sequence);
  }

  hasSettled({ sequence, subject }: StoredMessage): boolean {
    return this.#settled.has(sequence) || !matches(this.filter, subject);
  }

  get waiting(): number {
    return [...this.stream.messages.values()].filter((message) => !this.hasSettled(message)).length;
  }

  putBack(sequence: number, dueMs: number): void {
    if (this.#out.delete(sequence)) this.#again.set(sequence, dueMs);
  }

  /** The server was killed: what was out comes again. */
  putAllBack(): void {
    for (const sequence of [...this.#out]) this.putBack(sequence, 0);
  }

  #due(nowMs: number): number | undefined {
    for (const [sequence, dueMs] of this.#again) {
      if (dueMs > nowMs) continue;
      this.#again.delete(sequence);
      return sequence;
    }
    return undefined;
  }

  #fresh(): number | undefined {
    while (this.#next <= this.stream.lastSequence) {
      const sequence = this.#next++;
      const message = this.stream.messages.get(sequence);
      if (message !== undefined && matches(this.filter, message.subject)) return sequence;
    }
    return undefined;
  }
}

export class MemoryStream {
  readonly messages = new Map<number, StoredMessage>();
  readonly durables = new Map<string, MemoryDurable>();
  readonly #ids = new Map<string, number>();
  #last = 0;

  constructor(
    /** Tells a stream from the one of the same name before it. */
    readonly created: number,
    /** Keeps only what a durable has not settled. */
    readonly isByInterest: boolean,
    readonly maxBytes: number,
  ) {}

  get lastSequence(): number {
    return this.#last;
  }

  append(subject: string, data: Uint8Array, id: string, nowMs: number): void {
    const seenMs = this.#ids.get(id);
    if (seenMs !== undefined && nowMs - seenMs < DUPLICATE_WINDOW_MS) return;
    this.#ids.set(id, nowMs);
    const sequence = ++this.#last;
    if (this.isByInterest && this.durables.size === 0) return;
    this.messages.set(sequence, { subject, data, sequence, timeMs: nowMs });
  }

  durable(name: string, filter: string | undefined): MemoryDurable {
    const durable = this.durables.get(name) ?? new MemoryDurable(this, filter);
    this.durables.set(name, durable);
    return durable;
  }

  removeDurable(name: string): void {
    this.durables.delete(name);
    for (const sequence of [...this.messages.keys()]) this.forgetSettled(sequence);
  }

  forgetSettled(sequence: number): void {
    const message = this.messages.get(sequence);
    if (!this.isByInterest || message === undefined) return;
    if ([...this.durables.values()].every((durable) => durable.hasSettled(message))) this.messages.delete(sequence);
  }
}

interface Responder {
  queue: string;
  handler: RpcHandler;
}

export class MemoryBroker {
  readonly maxPayload = 1024 * 1024;
  #isUp = true;
  /** Changes with every kill. */
  #life = 0;
  #made = 0;
  #turn = 0;
  #streams: Map<string, MemoryStream>;
  readonly #responders = new Map<string, Responder[]>();
  readonly #callListeners = new Map<string, Set<() => void>>();
  readonly #listeners = new Set<(event: 'stored' | 'down' | 'up') => void>();

  constructor() {
    this.#streams = this.#newStreams();
  }

  get isUp(): boolean {
    return this.#isUp;
  }
  get life(): number {
    return this.#life;
  }

  on(listener: (event: 'stored' | 'down' | 'up') => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  stream(name: string): MemoryStream {
    const stream = this.#streams.get(name);
    if (stream === undefined) throw new Error(`no stream is named ${name}`);
    return stream;
  }

  store(subject: string, data: Uint8Array, id: string): void {
    const spec = STREAMS.find((stream) => stream.subjects.some((pattern) => matches(pattern, subject)));
    if (spec === undefined) throw new Error(`no stream takes ${subject}`);
    this.stream(spec.name).append(subject, data, id, Date.now());
    this.#tell('stored');
  }

  /** The members of a queue group take turns. */
  responder(subject: string): RpcHandler | undefined {
    const all = this.#responders.get(subject) ?? [];
    return all[this.#turn++ % Math.max(all.length, 1)]?.handler;
  }

  respond(subject: string, queue: string, handler: RpcHandler): () => void {
    const responder = { queue, handler };
    const all = this.#responders.get(subject) ?? [];
    this.#responders.set(subject, [...all, responder]);
    return () => {
      const left = (this.#responders.get(subject) ?? []).filter((other) => other !== responder);
      this.#responders.set(subject, left);
    };
  }

  call(subject: string): void {
    for (const listener of this.#callListeners.get(subject) ?? []) setImmediate(listener);
  }

  onCall(subject: string, listener: () => void): () => void {
    const all = this.#callListeners.get(subject) ?? new Set();
    this.#callListeners.set(subject, all.add(listener));
    return () => all.delete(listener);
  }

  kill(): void {
    this.#isUp = false;
    this.#life++;
    for (const stream of this.#streams.values()) {
      for (const durable of stream.durables.values()) durable.putAllBack();
    }
    this.#tell('down');
  }

  start(): void {
    this.#isUp = true;
    this.#tell('up');
  }

  wipe(): void {
    this.#streams = this.#newStreams();
  }

  #newStreams(): Map<string, MemoryStream> {
    return new Map(
      STREAMS.map(({ name, retention, maxBytes }) => [
        name,
        new MemoryStream(++this.#made, retention === 'interest', maxBytes),
      ]),
    );
  }

  #tell(event: 'stored' | 'down' | 'up'): void {
    for (const listener of [...this.#listeners]) listener(event);
  }
}

/** Whether a subject is one of a NATS pattern's: `*` stands for one token, `>` for the rest. */
export function matches(pattern: string | undefined, subject: string): boolean {
  if (pattern === undefined) return true;
  const wanted = pattern.split('.');
  const tokens = subject.split('.');
  for (const [i, token] of wanted.entries()) {
    if (token === '>') return tokens.length > i;
    if (token !== '*' && token !== tokens[i]) return false;
  }
  return wanted.length === tokens.length;
}
