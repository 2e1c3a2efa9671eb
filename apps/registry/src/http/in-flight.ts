// How many requests are being answered, and the refusal of more than the process can hold.

import { SlipwayError } from '@slipway/contracts';
import { IN_FLIGHT_LIMIT, LONG_RUNNING_LIMIT } from './limits.js';

export class InFlight {
  #short = 0;
  #long = 0;

  get short(): number {
    return this.#short;
  }
  /** Watches and followed logs. */
  get long(): number {
    return this.#long;
  }

  /** Counts a request; call the result when it is answered. Errors: `overloaded` when there are too many. */
  enter(isLong: boolean): () => void {
    if (isLong ? this.#long >= LONG_RUNNING_LIMIT : this.#short >= IN_FLIGHT_LIMIT) {
      throw new SlipwayError('overloaded', 'TooManyRequests', 'Too many requests, please try again later.', {
        retryAfterMs: 1000,
      });
    }
    if (isLong) this.#long++;
    else this.#short++;
    let isDone = false;
    return () => {
      if (isDone) return;
      isDone = true;
      if (isLong) this.#long--;
      else this.#short--;
    };
  }
}
