// Every run of the owned shards, each looked at again whenever something about it changed.
//
//   K1. One run is worked on by one turn at a time; what changes meanwhile leads to one more turn, not to one each.
//   K2. What is in memory is a copy: after any failed commit it is thrown away and built anew from what is stored.
//   K3. The fault of one run stays with it: after some tries it is marked failed with the reason, its neighbours go on. That
//       it is given up is stored first; then what it started is asked to end, and then the run has failed.
//   K4. Timers only wake: what is due follows from stored timestamps.
//   K5. Tenants that wait take turns, a run again for each of its turns: many runs of one, or slow ones, hold up no other's.

import {
  LABELS,
  PIPELINE_RUNS,
  RESOLUTION_REQUESTS,
  asSlipwayError,
  isDone,
  shardOfObject,
  type KubeObject,
  type PipelineRun,
  type SlipwayError,
} from '@slipway/contracts';
import { FairLimiter } from '@slipway/service';
import type { Cache, CacheChange } from '@slipway/store';
import { cancellationOfAll } from '../core/cancellation.js';
import { CHILD_RESOURCES, type ChildObject } from '../core/child-kind.js';
import { givenUpCondition, type GiveUpReason, type RunCondition } from '../core/condition.js';
import { started } from '../core/start-run.js';
import { withCondition } from '../core/status.js';
import { newDesk, type Desk } from './desk.js';
import { Limiter } from './limiter.js';
import { RunWriter } from './run-writer.js';
import { turn, type TurnOptions } from './run-turn.js';

export interface KeeperOptions extends Omit<TurnOptions, 'cache' | 'stored'> {
  cache: Pick<Cache, 'get' | 'list' | 'byOwner' | 'put' | 'onChange'>;
  logger: { warn(fields: object, message: string): void; error(fields: object, message: string): void };
  /** Counts turns that failed, by reason. */
  failed: (reason: string) => void;
}

/** Turns at the same time: more would only wait for the registry's one writer. */
const PARALLEL_TURNS = 128;
/** Of one tenant: to end a run of ten thousand tasks takes long (K5). */
const TENANT_TURNS = 96;
/** Tries before a run whose turns fail for its own reasons is given up. */
const MAX_TRIES = 8;
const FIRST_BACKOFF_MS = 10;
const MAX_BACKOFF_MS = 5_000;
/** setTimeout knows no longer delay. */
const MAX_TIMER_MS = 2 ** 31 - 1;
const RESYNC_MS = 30_000;

export class RunKeeper {
  readonly #desks = new Map<string, Desk>();
  readonly #limiter = new FairLimiter(PARALLEL_TURNS, TENANT_TURNS);
  /** The run whose own writes are just being put into the cache. */
  #writing: string | undefined;
  #isStopped = false;
  #forget: () => void = () => {};
  #resync: NodeJS.Timeout | undefined;
  readonly #options: KeeperOptions & TurnOptions;

  constructor(options: KeeperOptions) {
    this.#options = { ...options, stored: (desk, object) => this.#put(desk, object) };
  }

  /** Runs that have not finished. */
  get running(): number {
    return this.#desks.size;
  }

  start(): void {
    this.#forget = this.#options.cache.onChange((change) => this.#onChange(change));
    this.lookAtAll();
    this.#resync = setInterval(() => this.lookAtAll(), RESYNC_MS).unref();
  }

  /** Looks at every run in the cache: after a start, after shards were gained, and now and then in case of a loss. */
  lookAtAll(): void {
    for (const { metadata } of this.#options.cache.list<PipelineRun>(PIPELINE_RUNS)) {
      this.#touch(this.#deskOf(metadata.namespace ?? '', metadata.name));
    }
  }

  /** Takes nothing new and waits for the turns in hand. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#forget();
    clearInterval(this.#resync);
    for (const desk of this.#desks.values()) clearTimeout(desk.timer);
    await Promise.all([...this.#desks.values()].map(async ({ work }) => work));
  }

  /** Waits for what is in hand of shards that are not ours any more; their runs are closed at their next turn. */
  async letGo(shards: readonly number[]): Promise<void> {
    const theirs = [...this.#desks.values()].filter(({ shard }) => shard !== undefined && shards.includes(shard));
    for (const desk of theirs) this.#touch(desk);
    await Promise.all(theirs.map(async ({ work }) => work));
  }

  #onChange(change: CacheChange): void {
    const { key } = change;
    // A run that ended is followed for its parent alone.
    if (key.resource === PIPELINE_RUNS && this.#writing !== `${key.namespace}/${key.name}`) {
      this.#touch(this.#deskOf(key.namespace, key.name));
    }
    if (CHILD_RESOURCES.includes(key.resource)) this.#onChildChange(change);
    if (key.resource === RESOLUTION_REQUESTS) this.#onRequestChange(change);
  }

  #onRequestChange({ key, before, after }: CacheChange): void {
    const owner = (after ?? before)?.metadata.ownerReferences?.find(({ kind }) => kind === 'PipelineRun');
    const waiting = this.#desks.get(`${key.namespace}/${owner?.name ?? ''}`);
    if (waiting !== undefined) this.#touch(waiting);
  }

  #onChildChange({ key, before, after }: CacheChange): void {
    const child = (after ?? before) as ChildObject | undefined;
    const parent = child?.metadata.labels?.[LABELS.pipelineRun];
    if (child === undefined || parent === undefined || this.#writing === `${key.namespace}/${parent}`) return;
    const desk = this.#desks.get(`${key.namespace}/${parent}`);
    if (desk === undefined) return; // a run that is not ours, or done: its PipelineRun brings a desk
    const isOwned = child.metadata.ownerReferences?.some(({ uid }) => uid === desk.uid) === true;
    if (!isOwned && desk.uid !== undefined) return; // the label alone says nothing: anybody may write it
    if (after === undefined)
      desk.model = undefined; // its task has no run any more
    else desk.changed.set(`${key.resource}/${key.name}`, child);
    this.#touch(desk);
  }

  #deskOf(namespace: string, name: string): Desk {
    const key = `${namespace}/${name}`;
    let desk = this.#desks.get(key);
    if (desk === undefined) this.#desks.set(key, (desk = newDesk(namespace, name)));
    return desk;
  }

  #touch(desk: Desk): void {
    if (this.#isStopped) return;
    desk.isDirty = true;
    if (desk.isBusy) return; // K1
    desk.isBusy = true;
    desk.work = this.#work(desk);
  }

  async #work(desk: Desk): Promise<void> {
    while (desk.isDirty && !this.#isStopped) {
      await this.#limiter.run(desk.namespace, () => this.#turn(desk)); // K5
    }
    desk.isBusy = false;
    desk.work = undefined;
  }

  async #turn(desk: Desk): Promise<void> {
    if (this.#isStopped) return;
    desk.isDirty = false;
    try {
      const end = await turn(desk, this.#options);
      desk.tries = 0;
      if (end.kind === 'open') this.#wakeAt(desk, end.wakeAtMs);
      else if (!desk.isDirty) this.#close(desk);
    } catch (thrown) {
      desk.model = undefined; // K2
      await this.#recover(desk, asSlipwayError(thrown)).catch((error: unknown) => this.#giveUpForNow(desk, error));
    }
  }

  #close(desk: Desk): void {
    clearTimeout(desk.timer);
    this.#desks.delete(desk.key);
  }

  #put(desk: Desk, object: KubeObject): void {
    this.#writing = desk.key; // what we wrote ourselves is known already
    try {
      this.#options.cache.put(object);
    } finally {
      this.#writing = undefined;
    }
  }

  // Failures ----------------------------------------------------------------------------------------------------------

  async #recover(desk: Desk, error: SlipwayError): Promise<void> {
    this.#options.failed(error.reason);
    desk.tries++;
    switch (error.kind) {
      case 'conflict':
        if (error.reason === 'FenceLost') return this.#close(desk); // the new owner goes on
        await this.#readAgain(desk);
        break;
      case 'exists':
      case 'not-found':
        await this.#readAgain(desk);
        break;
      case 'transient':
      case 'overloaded':
        desk.tries = 1; // not the run's fault, and no reason to give it up
        this.#options.logger.warn({ run: desk.key, err: error }, 'the store cannot be reached; trying again');
        break;
      case 'invalid':
      case 'too-large':
      case 'unauthorized':
      case 'forbidden':
      case 'expired':
      case 'internal':
        this.#options.logger.error({ run: desk.key, err: error, tries: desk.tries }, 'a turn failed');
        break;
    }
    const isHopeless = error.kind === 'invalid' || error.kind === 'too-large';
    if (isHopeless || desk.tries >= MAX_TRIES) return this.#markFailed(desk, error); // K3
    const delayMs = Math.min(FIRST_BACKOFF_MS * 2 ** (desk.tries - 1), MAX_BACKOFF_MS);
    this.#wakeAt(desk, this.#options.now() + delayMs);
  }

  /** The run, and what we found to exist already, as they are in the store. */
  async #readAgain(desk: Desk): Promise<void> {
    const { store, cache } = this.#options;
    const run = await store.get<PipelineRun>(PIPELINE_RUNS, desk.namespace, desk.name);
    if (run === undefined) return;
    this.#put(desk, run);
    const limiter = new Limiter(16);
    await Promise.all(
      desk.creating.map(({ resource, name }) =>
        limiter.run(async () => {
          if (cache.get(resource, desk.namespace, name) !== undefined) return;
          const child = await store.get<ChildObject>(resource, desk.namespace, name);
          if (child === undefined) return;
          const isOurs = child.metadata.ownerReferences?.some(({ uid }) => uid === run.metadata.uid) === true;
          if (isOurs) this.#put(desk, child);
          else await this.#refuse(desk, run, `a ${child.kind} called "${name}" exists and does not belong to the run`);
        }),
      ),
    );
  }

  async #markFailed(desk: Desk, error: SlipwayError): Promise<void> {
    const run = await this.#options.store.get<PipelineRun>(PIPELINE_RUNS, desk.namespace, desk.name);
    if (run === undefined || isDone(run)) return this.#close(desk);
    await this.#refuse(desk, run, error.message, error.kind === 'internal' ? 'InternalError' : 'CreateRunFailed');
  }

  async #refuse(
    desk: Desk,
    run: PipelineRun,
    message: string,
    reason: GiveUpReason = 'CreateRunFailed',
  ): Promise<void> {
    const fence = this.#options.leases.owns(shardOfObject(run.metadata));
    if (fence === undefined) return this.#close(desk);
    const before = givenUpCondition(run); // what it started cannot be asked: that does not keep it open
    const children = cancellationOfAll(this.#options.cache.byOwner(run.metadata.uid ?? ''), 'failed');
    const isFinal = before !== undefined || children.length === 0;
    const condition: RunCondition = before ?? { status: isFinal ? 'False' : 'Unknown', reason, message };
    const nowMs = this.#options.now();
    const status = withCondition(started(run, undefined, nowMs), condition, nowMs);
    await new RunWriter(this.#options.store, (object) => this.#put(desk, object)).write(fence, [], { run, status });
    this.#options.logger.error({ run: desk.key, ...condition }, 'the run was given up');
    if (!isFinal) {
      desk.isDirty = true; // what we write ourselves does not come back as a change
      return;
    }
    this.#options.metrics.finished(condition, undefined);
    this.#close(desk);
  }

  #giveUpForNow(desk: Desk, error: unknown): void {
    this.#options.logger.error({ run: desk.key, err: error }, 'a failed turn could not be recovered from');
    this.#wakeAt(desk, this.#options.now() + MAX_BACKOFF_MS);
  }

  /** K4. */
  #wakeAt(desk: Desk, atMs: number | undefined): void {
    clearTimeout(desk.timer);
    desk.timer = undefined;
    if (atMs === undefined || this.#isStopped) return;
    const delayMs = Math.min(Math.max(atMs - this.#options.now(), 0), MAX_TIMER_MS);
    desk.timer = setTimeout(() => this.#touch(desk), delayMs).unref();
  }
}
