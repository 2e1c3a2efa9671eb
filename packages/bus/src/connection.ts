// One connection to the server, for ever: waits for a server that is not up yet, comes back after every loss, and lets
// nobody use it before the streams are there again.
//
//   N1. `ready()` resolves only when connected and the streams are applied in this life of the connection.
//   N2. What waits for an answer when the connection is lost fails at once: the answer will never come.
//   N3. `life` changes with every loss. What belongs to one life (acknowledgements, sequences) is never used in another.
//   N4. A process that stood still for long answers nothing that came meanwhile: whoever asked has given up, and what they
//       wanted then may be wrong now. The connection is made anew, which leaves behind what it had received.

import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { JetStreamApiError, jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import {
  connect,
  usernamePasswordAuthenticator,
  type ConnectionOptions,
  type NatsConnection,
} from '@nats-io/transport-node';
import { SlipwayError } from '@slipway/contracts';
import { applyStreams, type StreamSettings } from './apply-streams.js';
import type { BusLogger, BusMetrics } from './bus.js';
import type { StreamSpec } from './streams.js';
import { inboxPrefixOf } from './users.js';

/** A server that dies in the middle of the greeting is only noticed by this. */
const CONNECT_TIMEOUT_MS = 2000;
/** Requests to JetStream's API are idempotent and repeated; a server under way sometimes leaves one unanswered. */
const API_TIMEOUT_MS = 2000;
/** Longer than any work of ours keeps a process from its timers; shorter than a lease. */
const STOOD_STILL_MS = 3000;
const TICK_MS = 250;
const COMPLAIN_EVERY_MS = 10_000;
/** How long a stopping process waits for a server that may be gone. */
const DRAIN_MS = 2000;

export interface ConnectionSettings {
  url: string;
  name: string;
  user?: string;
  password?: string;
  passwordFile?: string;
  streams: readonly StreamSpec[];
  streamSettings: StreamSettings;
  logger: BusLogger;
  metrics: BusMetrics;
  /** Gives up waiting for a server that never came up. */
  signal?: AbortSignal;
}

export class Connection {
  #life = 0;
  #isReady = false;
  #isClosed = false;
  #maxPayload: number;
  #repairing: Promise<void> | undefined;
  readonly #waiting = new Set<() => void>();
  readonly #inFlight = new Set<(error: SlipwayError) => void>();
  readonly #lostListeners = new Set<() => void>();
  readonly #reconnectListeners = new Set<() => void>();
  #tickedMs = performance.now();
  /** What comes was sent to a process that stood still (N4). */
  #isStale = false;
  readonly #ticker: NodeJS.Timeout;

  private constructor(
    readonly nc: NatsConnection,
    readonly jsm: JetStreamManager,
    readonly settings: ConnectionSettings,
  ) {
    this.#maxPayload = nc.info?.max_payload ?? 1024 * 1024;
    this.#ticker = setInterval(() => this.noticeStop(), TICK_MS).unref();
    void this.#watch();
  }

  /** Resolves when the server is up and has the streams. Throws `unauthorized` when it does not let us in. */
  static async open(settings: ConnectionSettings): Promise<Connection> {
    const nc = await firstConnect(settings);
    const jsm = await jetstreamManager(nc, { checkAPI: false, timeout: API_TIMEOUT_MS });
    const connection = new Connection(nc, jsm, settings);
    try {
      await connection.#prepare(refusalOf);
      await connection.ready(settings.signal);
    } catch (error) {
      await connection.close();
      throw error;
    }
    return connection;
  }

  /** Changes with every loss of the connection (N3). */
  get life(): number {
    return this.#life;
  }
  get isReady(): boolean {
    return this.#isReady;
  }
  get isClosed(): boolean {
    return this.#isClosed;
  }
  get maxPayload(): number {
    return this.#maxPayload;
  }

  /** Whether what arrives now is to be left unread (N4). Asked before it is read: timers come later than what arrived. */
  noticeStop(): boolean {
    const nowMs = performance.now();
    const stoodMs = nowMs - this.#tickedMs;
    this.#tickedMs = nowMs;
    if (stoodMs < STOOD_STILL_MS || this.#isClosed || this.#isStale) return this.#isStale;
    this.settings.logger.warn({ stoodMs: Math.round(stoodMs) }, 'this process stood still; connecting to NATS anew');
    this.#isStale = true;
    this.#lose();
    void this.nc.reconnect().catch(() => {});
    return true;
  }

  /** Waits until the connection can be used. Throws when it is closed or the signal aborts. */
  async ready(signal?: AbortSignal): Promise<void> {
    while (!this.#isReady) {
      if (this.#isClosed) throw closedError();
      signal?.throwIfAborted();
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.#waiting.delete(wake);
          signal?.removeEventListener('abort', wake);
          resolve();
        };
        this.#waiting.add(wake);
        signal?.addEventListener('abort', wake);
      });
    }
  }

  /** The answer, or a `transient` error as soon as the connection is lost (N2). */
  async untilLost<T>(answer: Promise<T>): Promise<T> {
    let fail!: (error: SlipwayError) => void;
    const lost = new Promise<never>((_, reject) => {
      fail = reject;
    });
    this.#inFlight.add(fail);
    try {
      return await Promise.race([answer, lost]);
    } finally {
      this.#inFlight.delete(fail);
    }
  }

  /** Applies the streams again, because one turned out to be missing. Calls at the same time share one repair. */
  repair(): Promise<void> {
    if (this.#repairing === undefined) {
      const repairing = applyStreams(this.jsm, this.settings.streams, this.settings.streamSettings).finally(() => {
        if (this.#repairing === repairing) this.#repairing = undefined;
      });
      this.#repairing = repairing;
    }
    return this.untilLost(this.#repairing);
  }

  onLost(listener: () => void): () => void {
    this.#lostListeners.add(listener);
    return () => this.#lostListeners.delete(listener);
  }

  onReconnect(listener: () => void): () => void {
    this.#reconnectListeners.add(listener);
    return () => this.#reconnectListeners.delete(listener);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearInterval(this.#ticker);
    const wasReady = this.#isReady;
    this.#lose();
    if (wasReady) await Promise.race([this.nc.drain().catch(() => {}), sleep(DRAIN_MS, undefined, { ref: false })]);
    await this.nc.close().catch(() => {});
  }

  async #watch(): Promise<void> {
    const { logger, metrics } = this.settings;
    for await (const status of this.nc.status()) {
      if (this.#isClosed) return;
      if (status.type === 'disconnect') {
        if (!this.#isStale) logger.warn({ server: status.server }, 'lost the connection to NATS; reconnecting');
        this.#lose();
      } else if (status.type === 'reconnect') {
        this.#maxPayload = this.nc.info?.max_payload ?? this.#maxPayload;
        this.#isStale = false;
        metrics.reconnected?.();
        void this.#prepare().then((prepared) => {
          if (!prepared) return;
          logger.info({ server: status.server }, 'connected to NATS again');
          for (const listener of this.#reconnectListeners) listener();
        });
      } else if (status.type === 'error') {
        logger.warn({ err: status.error }, 'NATS reported an error');
      }
    }
    if (this.#isClosed) return;
    logger.error({}, 'the connection to NATS is closed for good');
    this.#isClosed = true;
    this.#lose();
  }

  #lose(): void {
    this.#life++;
    this.#isReady = false;
    this.settings.metrics.connected?.(false);
    this.#repairing = undefined; // waits for answers that a dead server will not give
    const error = this.#isClosed ? closedError() : lostError();
    for (const fail of this.#inFlight) fail(error);
    this.#inFlight.clear();
    for (const listener of [...this.#lostListeners]) listener();
    if (this.#isClosed) this.#wake();
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  /**
   * Applies the streams until it works (N1). False when the connection was lost meanwhile.
   * Throws what `refusal` makes of an error: on the first connect somebody is there to mend it.
   */
  async #prepare(
    refusal: (error: unknown, triedMs: number) => SlipwayError | undefined = () => undefined,
  ): Promise<boolean> {
    const life = this.#life;
    const startedMs = Date.now();
    let complainedMs = Date.now() - COMPLAIN_EVERY_MS + 1000; // two processes at once may get in each other's way
    for (let delayMs = 50; ; delayMs = Math.min(delayMs * 2, 2000)) {
      try {
        await this.repair();
      } catch (error) {
        if (life !== this.#life || this.#isClosed) return false;
        const final = refusal(error, Date.now() - startedMs);
        if (final !== undefined) throw final;
        if (Date.now() - complainedMs >= COMPLAIN_EVERY_MS) {
          complainedMs = Date.now();
          this.settings.logger.warn({ err: error }, 'cannot apply the JetStream streams yet; trying on');
        }
        await sleep(delayMs, undefined, { ref: false });
        if (life !== this.#life) return false;
        continue;
      }
      if (life !== this.#life) return false;
      this.#isReady = true;
      this.settings.metrics.connected?.(true);
      this.#wake();
      return true;
    }
  }
}

async function firstConnect(settings: ConnectionSettings): Promise<NatsConnection> {
  const { servers, options } = address(settings);
  let complainedMs = Date.now() - COMPLAIN_EVERY_MS + 1000;
  for (;;) {
    settings.signal?.throwIfAborted();
    try {
      return await connect(options);
    } catch (cause) {
      if (isRefusal(cause)) {
        throw new SlipwayError(
          'unauthorized',
          'BusRefused',
          `NATS at ${servers.join(', ')} refused user and password.`,
          {
            hint: 'Check the user and password in NATS_URL, or the file that NATS_PASSWORD_FILE names.',
            cause,
          },
        );
      }
      if (Date.now() - complainedMs >= COMPLAIN_EVERY_MS) {
        complainedMs = Date.now();
        settings.logger.warn({ servers, err: cause }, 'NATS is not there yet; waiting for it');
      }
      await sleep(reconnectDelayMs(), undefined, settings.signal === undefined ? {} : { signal: settings.signal });
    }
  }
}

/** A greeting that took the server too long, because this machine has too much to do, is tried again. */
function isRefusal(cause: unknown): boolean {
  if (!(cause instanceof Error)) return false;
  const words = `${cause.name} ${cause.message}`;
  return /authorization|authentication/i.test(words) && !/timeout/i.test(words);
}

/** Credentials may stand in the URL (`nats://user:password@host:port`); several servers are separated by commas. */
function address(settings: ConnectionSettings): { servers: string[]; options: ConnectionOptions } {
  const { passwordFile } = settings;
  let { user, password } = settings;
  const servers = settings.url.split(',').map((part) => {
    const text = part.trim();
    const url = new URL(text.includes('://') ? text : `nats://${text}`);
    if (url.username !== '') {
      user ??= decodeURIComponent(url.username);
      if (url.password !== '') password ??= decodeURIComponent(url.password);
    }
    const scheme = url.protocol === 'tls:' ? 'tls://' : '';
    return `${scheme}${url.hostname}:${url.port === '' ? '4222' : url.port}`;
  });
  const options: ConnectionOptions = {
    servers,
    name: settings.name,
    reconnect: true,
    maxReconnectAttempts: -1,
    reconnectDelayHandler: reconnectDelayMs,
    // A server that restarts may know our user only a moment later.
    ignoreAuthErrorAbort: true,
    timeout: CONNECT_TIMEOUT_MS,
    // A server that was cut off is given up within six seconds, so that another of the cluster can be asked.
    pingInterval: 2_000,
    maxPingOut: 2,
    noAsyncTraces: true,
    ...(user === undefined ? {} : { inboxPrefix: inboxPrefixOf(user) }),
    ...credentials(user, passwordFile === undefined ? password : kept(passwordFile)),
  };
  return { servers, options };
}

function credentials(
  user: string | undefined,
  password: string | (() => string) | undefined,
): Pick<ConnectionOptions, 'authenticator'> {
  if (user === undefined) return {};
  return { authenticator: usernamePasswordAuthenticator(user, password ?? '') };
}

/** Read anew at each connect, so that a password may be changed while we run; the last one where that fails. */
function kept(file: string): () => string {
  let last = passwordIn(file);
  return () => {
    try {
      last = passwordIn(file);
    } catch {
      // Not to be thrown here: the client would close for good.
    }
    return last;
  };
}

function passwordIn(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw new SlipwayError('invalid', 'NoNatsPassword', `The password file "${file}" cannot be read.`, {
      hint: 'NATS_PASSWORD_FILE names a file that holds the password of the user in NATS_URL, and nothing else.',
      cause,
    });
  }
}

const STORAGE_EXCEEDED = 10047;
/** A server that restores much may take connections before JetStream answers. */
const JETSTREAM_STARTS_MS = 10_000;

/** The error of a server that will not have the streams however often it is asked. */
function refusalOf(error: unknown, triedMs: number): SlipwayError | undefined {
  if (error instanceof Error && error.name === 'JetStreamNotEnabled' && triedMs >= JETSTREAM_STARTS_MS) {
    return new SlipwayError('invalid', 'NoJetStream', 'nats-server runs without JetStream.', {
      hint: 'Start it with JetStream: "nats-server -js", or a jetstream section in its configuration.',
      cause: error,
    });
  }
  if (error instanceof JetStreamApiError && error.code === STORAGE_EXCEEDED) {
    return new SlipwayError('invalid', 'NoSpaceForStreams', 'nats-server has no space for the streams.', {
      hint: 'Free disk space (2 GiB are needed), or raise max_file_store in its configuration.',
      cause: error,
    });
  }
  return undefined;
}

/** Short, because a restarted server is back in a moment; spread, so that not everybody comes at once. */
function reconnectDelayMs(): number {
  return 100 + Math.floor(Math.random() * 150);
}

function lostError(): SlipwayError {
  return new SlipwayError('transient', 'BusLost', 'The connection to NATS is lost.', { retryAfterMs: 100 });
}
function closedError(): SlipwayError {
  return new SlipwayError('transient', 'BusClosed', 'This process is stopping.');
}
