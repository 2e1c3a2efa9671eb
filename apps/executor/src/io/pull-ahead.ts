// Images that somebody wants pulled before a pod needs them, and what became of it.
//
//   A1. Level-triggered: an image is wanted until it is forgotten; a pull that failed is tried again, later and later.
//   A2. An image is pulled once for a namespace, however many templates want it there; few at a time in all.

import { asSlipwayError, type SlipwayError } from '@slipway/contracts';
import { FairLimiter, type Logger } from '@slipway/service';
import type { ImageState } from '../core/image-cache.js';
import { pullFailureOf, pullRetryMs } from '../core/pull-policy.js';

/** Whether images are at hand, and who sees to it. */
export interface ImageAvailability {
  /** What is known of an image for a namespace; undefined: nothing yet, and what is stored stays. */
  stateOf(namespace: string, image: string): ImageState | undefined;
  /** Somebody wants it there, whose Image says this much. May be said again and again. */
  want(namespace: string, image: string, stored: Pick<ImageState, 'status' | 'reason'> | undefined): void;
  forget(namespace: string, image: string): void;
  onChange(listener: (namespace: string, image: string) => void): void;
  stop(): Promise<void>;
}

/** Where nothing is pulled: what is known is known at once, and does not change. */
export function fixedAvailability(stateOf: (image: string) => ImageState): ImageAvailability {
  return {
    stateOf: (_namespace, image) => stateOf(image),
    want: () => undefined,
    forget: () => undefined,
    onChange: () => undefined,
    stop: () => Promise.resolve(),
  };
}

export interface PullAheadOptions {
  /** Of images that are not pulled; undefined for those that are. */
  fixed: (image: string) => ImageState | undefined;
  /** Makes it so, and says what it is then. */
  pull: (namespace: string, image: string, signal: AbortSignal) => Promise<ImageState>;
  /** Whether an Image that says this needs no pull, though this process has not seen one. */
  isSettled: (stored: Pick<ImageState, 'status' | 'reason'>) => boolean;
  concurrency: number;
  logger: Pick<Logger, 'warn'>;
}

interface Entry {
  namespace: string;
  image: string;
  state: ImageState | undefined;
  failures: number;
  running: Promise<void> | undefined;
  timer: NodeJS.Timeout | undefined;
  abort: AbortController;
}

export class PullAhead implements ImageAvailability {
  readonly #entries = new Map<string, Entry>();
  readonly #limiter: FairLimiter;
  #tell: (namespace: string, image: string) => void = () => undefined;
  #isStopped = false;

  constructor(private readonly options: PullAheadOptions) {
    this.#limiter = new FairLimiter(options.concurrency, Math.max(1, Math.floor(options.concurrency / 2)));
  }

  stateOf(namespace: string, image: string): ImageState | undefined {
    return this.options.fixed(image) ?? this.#entries.get(keyOf(namespace, image))?.state;
  }

  want(namespace: string, image: string, stored: Pick<ImageState, 'status' | 'reason'> | undefined): void {
    const key = keyOf(namespace, image);
    if (this.#isStopped || this.options.fixed(image) !== undefined || this.#entries.has(key)) return; // A2
    if (stored !== undefined && this.options.isSettled(stored)) return;
    const abort = new AbortController();
    const entry: Entry = {
      namespace,
      image,
      state: undefined,
      failures: 0,
      running: undefined,
      timer: undefined,
      abort,
    };
    this.#entries.set(key, entry);
    this.#begin(entry);
  }

  forget(namespace: string, image: string): void {
    const entry = this.#entries.get(keyOf(namespace, image));
    if (entry === undefined) return;
    this.#entries.delete(keyOf(namespace, image));
    clearTimeout(entry.timer);
    entry.abort.abort();
  }

  onChange(listener: (namespace: string, image: string) => void): void {
    this.#tell = listener;
  }

  /** What was there is not any more, for those whose state says so. */
  lost(isLost: (state: ImageState) => boolean, now: ImageState): void {
    for (const entry of this.#entries.values()) {
      if (entry.state === undefined || !isLost(entry.state)) continue;
      entry.state = now;
      this.#tell(entry.namespace, entry.image);
    }
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    const running = [...this.#entries.values()].map((entry) => entry.running ?? Promise.resolve());
    for (const { namespace, image } of [...this.#entries.values()]) this.forget(namespace, image);
    await Promise.allSettled(running);
  }

  #begin(entry: Entry): void {
    entry.running = this.#limiter
      .run(entry.namespace, () => this.#pull(entry))
      .finally(() => (entry.running = undefined));
  }

  async #pull(entry: Entry): Promise<void> {
    const { namespace, image, abort } = entry;
    if (abort.signal.aborted) return;
    try {
      entry.state = await this.options.pull(namespace, image, abort.signal);
      entry.failures = 0;
    } catch (thrown) {
      if (abort.signal.aborted) return;
      const error = asSlipwayError(thrown);
      entry.state = failedState(image, error);
      entry.failures++;
      if (error.kind === 'internal')
        this.options.logger.warn({ err: thrown, namespace, image }, 'an image is not pulled ahead');
      entry.timer = setTimeout(() => this.#begin(entry), pullRetryMs(entry.failures)); // A1
      entry.timer.unref();
    }
    if (!abort.signal.aborted) this.#tell(namespace, image);
  }
}

function failedState(image: string, error: SlipwayError): ImageState {
  const { reason, message } = pullFailureOf(image, error);
  return { status: 'False', reason: reason === 'ImagePullBackOff' ? 'ErrImagePull' : reason, message };
}

function keyOf(namespace: string, image: string): string {
  return `${namespace}/${image}`;
}
