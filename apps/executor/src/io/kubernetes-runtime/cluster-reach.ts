// Whether the API server answers us. An executor that it does not answer can do nothing for its runs: another may.
//
//   A1. It counts as away when it has answered nothing for a while, and as there with its first answer, whatever that says.
//   A2. The question waits behind nothing: a server that is slow with our requests is not away.

import { setTimeout as sleep } from 'node:timers/promises';
import { asSlipwayError } from '@slipway/contracts';
import type { Logger } from '@slipway/service';
import type { ApiClient } from './api-client.js';

export interface ClusterReachOptions {
  /** With a rate limit of its own (A2). */
  api: Pick<ApiClient, 'call'>;
  /** Told that the server is away, and that it is there again. */
  onLost: () => void;
  onFound: () => void;
  logger: Pick<Logger, 'warn' | 'info'>;
  /** Of A1, in milliseconds. */
  awayMs?: number;
}

/** With the signs of life of another executor, far below the ten seconds in which shards are to move. */
const AWAY_MS = 3_000;
const ASK_EVERY_MS = 1_000;
const UNREACHABLE = 'ApiServerUnreachable';

export class ClusterReach {
  readonly #stopping = new AbortController();
  #loop: Promise<void> = Promise.resolve();
  #isAway = false;
  #heardMs = 0;

  constructor(private readonly options: ClusterReachOptions) {}

  /** False while the server is away. */
  get isThere(): boolean {
    return !this.#isAway;
  }

  start(): void {
    this.#heardMs = performance.now();
    this.#loop = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { onLost, onFound, logger, awayMs = AWAY_MS } = this.options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const hasAnswered = await this.#ask(awayMs / 2);
      const nowMs = performance.now();
      if (hasAnswered) this.#heardMs = nowMs;
      if (hasAnswered && this.#isAway) {
        this.#isAway = false;
        logger.info({}, 'the API server of the cluster answers again');
        onFound();
      } else if (!this.#isAway && nowMs - this.#heardMs >= awayMs) {
        this.#isAway = true;
        logger.warn({}, 'the API server of the cluster does not answer; another executor may have our shards');
        onLost();
      }
      const delayMs = hasAnswered ? Math.min(ASK_EVERY_MS, awayMs / 3) : awayMs / 10;
      await sleep(delayMs, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  async #ask(limitMs: number): Promise<boolean> {
    try {
      const signal = AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(limitMs)]);
      await this.options.api.call({ path: '/version', signal });
      return true;
    } catch (thrown) {
      return asSlipwayError(thrown).reason !== UNREACHABLE;
    }
  }
}
