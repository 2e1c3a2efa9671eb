// A bucket of tokens: so many requests a second in the long run, so many at once. First come, first served.

import { setTimeout as sleep } from 'node:timers/promises';

export interface RateLimitOptions {
  perSecond: number;
  burst: number;
}

export class RateLimit {
  /** When the next token is there, were none in stock. Milliseconds of the process's clock. */
  #nextMs = 0;

  constructor(private readonly options: RateLimitOptions) {}

  /** Resolves when a request may go out. Whoever gives up leaves their turn unused. */
  async take(signal?: AbortSignal): Promise<void> {
    const waitMs = this.#reserve(performance.now());
    if (waitMs > 0) await sleep(waitMs, undefined, { ref: false, ...(signal === undefined ? {} : { signal }) });
  }

  #reserve(nowMs: number): number {
    const eachMs = 1000 / this.options.perSecond;
    const fullMs = nowMs - this.options.burst * eachMs;
    this.#nextMs = Math.max(this.#nextMs, fullMs) + eachMs;
    return Math.max(0, this.#nextMs - nowMs);
  }
}
