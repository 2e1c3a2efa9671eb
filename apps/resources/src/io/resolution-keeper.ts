// Every ResolutionRequest of the owned shards, answered once.
//
//   K1. One replica works on a request: the one that has the lease of its shard; every commit carries the fence.
//   K2. What is in memory can be lost at any line: the request is stored as taken up before it is worked on, and as
//       answered in one commit; whoever finds it in between fetches anew.
//   K3. The fault of one request stays with it: whatever a resolver throws becomes that request's condition.
//   K4. Nothing is asked for longer than its time, and servers of one tenant hold up no other.

import {
  RESOLUTION_REQUESTS,
  SlipwayError,
  asSlipwayError,
  isDone,
  shardOfObject,
  timeOf,
  type Condition,
  type Fence,
  type ResolutionRequest,
  type ResolverName,
} from '@slipway/contracts';
import { SerialQueue, FairLimiter, type Logger } from '@slipway/service';
import type { Cache, Store } from '@slipway/store';
import { decideResolution, timedOut } from '../core/resolution.js';
import type { Fetched } from './remote/resolver.js';

export interface ResolutionKeeperOptions {
  cache: Pick<Cache, 'get' | 'list' | 'put' | 'onChange'>;
  store: Pick<Store, 'get' | 'commit'>;
  owns: (shard: number) => Fence | undefined;
  fetch: (request: ResolutionRequest, resolver: ResolverName, signal: AbortSignal) => Promise<Fetched>;
  now: () => number;
  logger: Logger;
  timeoutMs: number;
  /** Fetches at a time, in all. A tenant has a quarter of them. */
  concurrency: number;
  /** Counts answers by resolver and reason. */
  answered: (resolver: string, reason: string, durationMs: number) => void;
}

/** Requests in hand at a time; a tenant has a quarter of them, too (K4). */
const HANDLERS = 256;
const RESYNC_MS = 30_000;
const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 10_000;

type Outcome = { reason: string; message: string } | Fetched;

export class ResolutionKeeper {
  readonly #queue: SerialQueue;
  readonly #limiter: FairLimiter;
  readonly #stopping = new AbortController();
  /** What is being fetched, to be ended when its request goes away. */
  readonly #fetching = new Map<string, AbortController>();
  #forget: () => void = () => {};
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly options: ResolutionKeeperOptions) {
    this.#queue = new SerialQueue({
      concurrency: HANDLERS,
      tenants: { of: namespaceOf, concurrency: HANDLERS / 4 },
      handle: (key) => this.#handle(key),
      onError: (key, thrown, attempt) => this.#failed(key, thrown, attempt),
    });
    this.#limiter = new FairLimiter(options.concurrency, Math.max(1, Math.ceil(options.concurrency / 4)));
  }

  start(): void {
    this.#forget = this.options.cache.onChange(({ key, after }) => {
      const name = `${key.namespace}/${key.name}`;
      if (after === undefined) this.#fetching.get(name)?.abort();
      else if (!isDone(after as ResolutionRequest)) this.#queue.add(name);
    });
    this.lookAtAll();
    this.#timer = setInterval(() => this.lookAtAll(), RESYNC_MS).unref();
  }

  lookAtAll(): void {
    for (const request of this.options.cache.list<ResolutionRequest>(RESOLUTION_REQUESTS)) {
      const { namespace = '', name } = request.metadata;
      if (!isDone(request)) this.#queue.add(`${namespace}/${name}`);
    }
  }

  /** Ends what is being fetched; whoever comes next begins it anew (K2). */
  async stop(): Promise<void> {
    this.#forget();
    clearInterval(this.#timer);
    this.#stopping.abort();
    await this.#queue.stop();
  }

  async #handle(key: string): Promise<void> {
    const first = this.#look(key);
    if (first === undefined) return;
    const { timeoutMs, now } = this.options;
    const decision = decideResolution(first.request, timeoutMs, now());
    switch (decision.kind) {
      case 'rest':
        return;
      case 'wait':
        return this.#queue.addAt(key, decision.untilMs, now());
      case 'time-out':
        return this.#answer(first.request, first.fence, { reason: 'ResolutionTimedOut', message: decision.message });
      case 'begin':
      case 'resolve':
        return this.#limiter.run(namespaceOf(key), () => this.#work(key)); // K4
    }
  }

  /** Takes up and answers one request; looks again first, for it may have waited long for its turn. */
  async #work(key: string): Promise<void> {
    const { timeoutMs, now } = this.options;
    let found = this.#look(key);
    if (found === undefined || this.#stopping.signal.aborted) return;
    if (decideResolution(found.request, timeoutMs, now()).kind === 'begin') {
      found = { request: await this.#begin(found.request, found.fence), fence: found.fence };
    }
    const decision = decideResolution(found.request, timeoutMs, now());
    if (decision.kind !== 'resolve') return this.#queue.addAt(key, now(), now());
    const startMs = performance.now();
    const outcome = await this.#fetch(key, found.request, decision.resolver, decision.deadlineMs - now());
    if (outcome === undefined) return;
    await this.#answer(found.request, found.fence, outcome);
    const reason = 'reason' in outcome ? outcome.reason : 'ResolutionSuccessful';
    this.options.answered(decision.resolver, reason, performance.now() - startMs);
  }

  #look(key: string): { request: ResolutionRequest; fence: Fence } | undefined {
    const slash = key.indexOf('/');
    const [namespace, name] = [key.slice(0, slash), key.slice(slash + 1)];
    const request = this.options.cache.get<ResolutionRequest>(RESOLUTION_REQUESTS, namespace, name);
    if (request === undefined || request.metadata.deletionTimestamp !== undefined) return undefined;
    const fence = this.options.owns(shardOfObject(request.metadata)); // K1
    return fence === undefined ? undefined : { request, fence };
  }

  /** Undefined when nobody wants the answer any more, or another process will give it. */
  async #fetch(
    key: string,
    request: ResolutionRequest,
    resolver: ResolverName,
    leftMs: number,
  ): Promise<Outcome | undefined> {
    const gone = new AbortController();
    const late = AbortSignal.timeout(Math.max(1, leftMs));
    const signal = AbortSignal.any([gone.signal, late, this.#stopping.signal]);
    this.#fetching.set(key, gone);
    try {
      return await this.options.fetch(request, resolver, signal);
    } catch (thrown) {
      if (gone.signal.aborted || this.#stopping.signal.aborted) return undefined;
      if (late.aborted) return { reason: 'ResolutionTimedOut', message: timedOut(this.options.timeoutMs) };
      const error = asSlipwayError(thrown);
      if (error.kind === 'transient' || error.kind === 'overloaded') throw error; // the registry is away, not the server
      if (error.kind === 'internal') this.options.logger.error({ request: key, err: thrown }, 'a resolver failed');
      return { reason: 'ResolutionFailed', message: wordsOf(error) }; // K3
    } finally {
      this.#fetching.delete(key);
    }
  }

  async #begin(request: ResolutionRequest, fence: Fence): Promise<ResolutionRequest> {
    const status = { ...request.status, conditions: [this.#condition('Unknown', 'ResolutionInProgress', '')] };
    return this.#commit({ ...request, status }, fence);
  }

  async #answer(request: ResolutionRequest, fence: Fence, outcome: Outcome): Promise<void> {
    const { generation } = request.metadata;
    const observed = generation === undefined ? {} : { observedGeneration: generation };
    if ('reason' in outcome) {
      const conditions = [this.#condition('False', outcome.reason, outcome.message)];
      await this.#commit({ ...request, status: { ...observed, conditions } }, fence);
      return;
    }
    const { data, refSource, annotations } = outcome;
    const status = {
      ...observed,
      conditions: [this.#condition('True', 'ResolutionSuccessful', '')],
      data: Buffer.from(data).toString('base64'),
      refSource,
      source: refSource,
      ...(annotations === undefined ? {} : { annotations }),
    };
    try {
      await this.#commit({ ...request, status }, fence);
    } catch (thrown) {
      if (!(thrown instanceof SlipwayError) || thrown.kind !== 'too-large') throw thrown;
      await this.#answer(request, fence, { reason: 'ResolutionFailed', message: thrown.message });
    }
  }

  #condition(status: Condition['status'], reason: string, message: string): Condition {
    const lastTransitionTime = timeOf(this.options.now());
    return { type: 'Succeeded', status, reason, ...(message === '' ? {} : { message }), lastTransitionTime };
  }

  async #commit(object: ResolutionRequest, fence: Fence): Promise<ResolutionRequest> {
    const { store, cache } = this.options;
    try {
      const { objects } = await store.commit({ writes: [{ op: 'update-status', object }], fence });
      const stored = objects[0] as ResolutionRequest;
      cache.put(stored);
      return stored;
    } catch (thrown) {
      if (thrown instanceof SlipwayError && thrown.kind === 'conflict') await this.#readAgain(object);
      throw thrown;
    }
  }

  /** Somebody else wrote first: what they wrote must be seen before the next try. */
  async #readAgain({ metadata }: ResolutionRequest): Promise<void> {
    const { store, cache } = this.options;
    const { namespace = '', name } = metadata;
    const stored = await store.get<ResolutionRequest>(RESOLUTION_REQUESTS, namespace, name);
    if (stored !== undefined) cache.put(stored);
  }

  #failed(key: string, thrown: unknown, attempt: number): number | undefined {
    const error = asSlipwayError(thrown);
    if (error.reason === 'FenceLost' || error.kind === 'not-found') return undefined; // another's, or gone
    if (error.kind !== 'conflict') this.options.logger.warn({ request: key, err: thrown }, 'a resolution waits');
    return Math.min(FIRST_RETRY_MS * 2 ** (attempt - 1), LAST_RETRY_MS);
  }
}

function wordsOf({ message, hint }: SlipwayError): string {
  return hint === undefined ? message : `${message}. ${hint}`;
}

function namespaceOf(key: string): string {
  return key.slice(0, key.indexOf('/'));
}
