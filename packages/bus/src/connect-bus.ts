import type {
  Bus,
  BusLogger,
  BusMetrics,
  ConsumeOptions,
  FollowOptions,
  RpcHandler,
  StreamState,
  Subscription,
} from './bus.js';
import { call, onCall } from './calls.js';
import { Connection } from './connection.js';
import { consume } from './consume.js';
import { follow } from './follow.js';
import { encodePayload } from './packet.js';
import { Publisher } from './publisher.js';
import { request, serve } from './rpc.js';
import { removeDurable, streamState } from './stream-state.js';
import { STREAMS, type StreamSpec } from './streams.js';
import { keepsStreams, streamsOf, type BusService } from './users.js';

export interface ConnectBusOptions {
  /** `nats://[user:password@]host:port`, several separated by commas. */
  url: string;
  /** Name of the connection, as the server's monitoring shows it: the service's instance. */
  name: string;
  user?: string;
  password?: string;
  /** Instead of a password: a file that has it, read at every connect. */
  passwordFile?: string;
  /** Whose user this is: it makes only the streams that it uses. Absent: one user for everything. */
  service?: BusService;
  /** Servers that keep each message of a stream; 1 when absent. */
  replicas?: number;
  logger?: BusLogger;
  metrics?: BusMetrics;
  /** Applied at connect and after every reconnect. */
  streams?: readonly StreamSpec[];
  /** Stops waiting for a server that is not there. */
  signal?: AbortSignal;
}

const silent: BusLogger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** Connects to NATS: waits for the server when it is not up yet, reconnects for ever, keeps the streams applied. */
export async function connectBus(options: ConnectBusOptions): Promise<Bus> {
  const { logger = silent, metrics = {}, service, replicas = 1, ...rest } = options;
  const { streams = service === undefined ? STREAMS : usedBy(service) } = options;
  const mayChange = service === undefined || keepsStreams(service);
  return new NatsBus(
    await Connection.open({ ...rest, logger, metrics, streams, streamSettings: { replicas, mayChange } }),
  );
}

function usedBy(service: BusService): StreamSpec[] {
  const names = streamsOf(service);
  return STREAMS.filter(({ name }) => names.includes(name));
}

class NatsBus implements Bus {
  readonly #publisher: Publisher;
  readonly #subscriptions = new Set<Subscription>();
  #closed: Promise<void> | undefined;

  constructor(private readonly connection: Connection) {
    this.#publisher = new Publisher(connection);
  }

  get maxPayload(): number {
    return this.connection.maxPayload;
  }
  isConnected(): boolean {
    return this.connection.isReady;
  }
  onReconnect(listener: () => void): () => void {
    return this.connection.onReconnect(listener);
  }

  async request<Reply>(subject: string, data: unknown, options: { timeoutMs?: number } = {}): Promise<Reply> {
    return (await request(this.connection, subject, data, options.timeoutMs)) as Reply;
  }

  async serve(subject: string, queue: string, handler: RpcHandler): Promise<Subscription> {
    return this.#kept(await serve(this.connection, subject, queue, handler));
  }

  call(subject: string): void {
    call(this.connection, subject);
  }

  onCall(subject: string, listener: () => void): Subscription {
    return this.#kept(onCall(this.connection, subject, listener));
  }

  publish(subject: string, payload: unknown, options: { id: string; signal?: AbortSignal }): Promise<void> {
    return this.#publisher.publish(subject, encodePayload(payload), options);
  }

  async consume<E>(options: ConsumeOptions<E>): Promise<Subscription> {
    return this.#kept(await consume(this.connection, this.#publisher, options));
  }

  async follow(options: FollowOptions): Promise<Subscription> {
    return this.#kept(await follow(this.connection, options));
  }

  streamState(stream: string): Promise<StreamState> {
    return streamState(this.connection, stream);
  }

  removeDurable(stream: string, durable: string): Promise<void> {
    return removeDurable(this.connection, stream, durable);
  }

  close(): Promise<void> {
    return (this.#closed ??= this.#close());
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#subscriptions].map((subscription) => subscription.stop()));
    this.#publisher.close();
    await this.connection.close();
  }

  #kept(subscription: Subscription): Subscription {
    const kept: Subscription = {
      stop: async () => {
        await subscription.stop();
        this.#subscriptions.delete(kept);
      },
    };
    this.#subscriptions.add(kept);
    return kept;
  }
}
