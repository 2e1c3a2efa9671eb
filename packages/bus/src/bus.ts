// The port: what a service asks of the bus, in words that know no NATS. `connectBus` makes the real one; the tests have
// a stand-in with the same behaviour, held to it by one contract suite.

import type { RetryPolicy, Verdict } from './verdict.js';

/** Something that runs until it is stopped. */
export interface Subscription {
  /** Takes nothing new and waits for what is in hand. Idempotent, never rejects. */
  stop(): Promise<void>;
}

/** One stored message, as a consumer or a follower gets it. */
export interface BusMessage {
  readonly subject: string;
  readonly data: Uint8Array;
  /** Position in the stream, from 1. Starts again when the stream is made anew. */
  readonly sequence: number;
  /** When the server stored it. Unix milliseconds. */
  readonly timeMs: number;
  /** How many times it has been delivered, counting from 1. */
  readonly delivery: number;
  /** The payload read as JSON. Throws SlipwayError('invalid'). */
  json<T>(): T;
}

export interface ConsumeOptions<E> {
  stream: string;
  /** Name of the durable consumer: one per concern, never one per run or tenant. Letters, digits, `-`, `_`. */
  durable: string;
  /** Only messages of these subjects. One filter: servers before 2.10 take no more. */
  filter?: string;
  /** Throws SlipwayError('invalid', …) when the bytes are not an `E`. JSON without a check when absent. */
  decode?: (message: BusMessage) => E;
  /** Must be idempotent: the same message arrives at least once, in any order. Started in the order of arrival. */
  handle: (event: E, message: BusMessage) => Promise<void>;
  policy?: RetryPolicy;
  /** Handlers running at the same time. 1 when absent: strictly one after another. */
  concurrency?: number;
  /** How long a message may be with a consumer that gives no sign of life before it is delivered again. 10 s. */
  ackWaitMs?: number;
  /**
   * The server forgets the durable, and keeps nothing for it any more, when nobody has used it for this long. For one that
   * belongs to a replica, which may never come back; absent: never.
   */
  forgottenAfterMs?: number;
  /** The durable was not there, or has brought nothing yet: messages may have passed it by. Called before the first comes. */
  onNew?: () => void;
  /** Called after every delivery. Must not throw. */
  onSettled?: (message: BusMessage, verdict: Verdict, thrown?: unknown) => void;
}

/** How a stream is doing, and who reads it. */
export interface StreamState {
  messages: number;
  sizeBytes: number;
  /** At which it is full. */
  maxBytes: number;
  /** `waiting`: messages that the durable has not settled. */
  durables: readonly { name: string; waiting: number }[];
}

/** Why a follower's picture may have a hole. It goes on reading by itself; what to do about the hole is the listener's. */
export type Broken =
  /** The stream is another one than before: the server lost its data. Everything in the new one follows. */
  | { kind: 'recreated' }
  /** The server forgot messages that were already read, and gives their numbers to others. */
  | { kind: 'truncated' }
  /** Messages were removed before they could be read. */
  | { kind: 'missed'; count: number }
  /** The handler threw on this one; it is skipped. */
  | { kind: 'unreadable'; sequence: number; subject: string; cause: unknown };

export interface FollowOptions {
  stream: string;
  filter?: string;
  /** `new`: from the first message stored after `follow` has returned. `sequence`: from that one on, itself included. */
  startAt: 'new' | { sequence: number };
  /** Called for one message at a time, in order. */
  handle: (message: BusMessage) => void | Promise<void>;
  onBroken: (why: Broken) => void;
}

/** Answers one request. What it throws reaches the caller as the same SlipwayError. */
export type RpcHandler = (data: unknown, subject: string) => Promise<unknown>;

export interface Bus {
  /**
   * Asks another service. Throws the SlipwayError of the other side; `transient` when nobody answers (at once),
   * the server is away (at once) or the time is over; `too-large` when the request does not fit a message.
   */
  request<Reply>(subject: string, data: unknown, options?: { timeoutMs?: number }): Promise<Reply>;

  /** Answers requests; members of one queue group share them. The words on the wire are those of Nest's NATS transport. */
  serve(subject: string, queue: string, handler: RpcHandler): Promise<Subscription>;

  /**
   * Calls whoever listens on the subject now; nothing is stored, and a call may be lost. For what is found out without it,
   * only later.
   */
  call(subject: string): void;

  /** Hears calls, each listener every one of them. */
  onCall(subject: string, listener: () => void): Subscription;

  /**
   * Stores a message in its stream; resolves when it is stored. Goes on through lost connections and wiped servers
   * until it is, or `signal` aborts, or the bus closes. The same id within two minutes is one message. Many may be on
   * their way at once: they are sent, and after an outage sent again, in the order of the calls.
   * A `Uint8Array` goes as it is, everything else as JSON.
   */
  publish(subject: string, payload: unknown, options: { id: string; signal?: AbortSignal }): Promise<void>;

  /** Durable work: every message is handled at least once, by one of the processes that share the durable's name. */
  consume<E>(options: ConsumeOptions<E>): Promise<Subscription>;

  /** Reads a stream in order, without acknowledgements, for caches. */
  follow(options: FollowOptions): Promise<Subscription>;

  /** Throws `transient` when the server cannot be asked. */
  streamState(stream: string): Promise<StreamState>;

  /** Makes the server forget a durable and what it keeps for it alone. Idempotent; whoever uses it makes it again. */
  removeDurable(stream: string, durable: string): Promise<void>;

  /** Called after each reconnect, when the streams are there again. Returns the way to stop listening. */
  onReconnect(listener: () => void): () => void;

  isConnected(): boolean;

  /** Largest message that the server takes. Bytes. */
  readonly maxPayload: number;

  /** Stops all subscriptions, sends what is written, closes. Idempotent. */
  close(): Promise<void>;
}

/** Where the bus says what an operator should know; pino's loggers fit. */
export interface BusLogger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** What the bus counts. Every call must be quick and must not throw. */
export interface BusMetrics {
  /** `root` is the first token of the subject. `durationMs` from the call to the server's confirmation. */
  published?(root: string, durationMs: number): void;
  /** One delivery was settled. */
  consumed?(durable: string, verdict: Verdict['kind'], delivery: number, durationMs: number): void;
  /** A request that this process sent. `outcome` is `ok` or the error's kind. */
  requested?(subject: string, outcome: string, durationMs: number): void;
  /** A request that this process answered. */
  served?(subject: string, outcome: string, durationMs: number): void;
  /** So many messages wait for a durable that was just opened, or behind the one that was just delivered. */
  pending?(durable: string, count: number): void;
  /** Whether the connection can be used now. */
  connected?(isConnected: boolean): void;
  reconnected?(): void;
}
