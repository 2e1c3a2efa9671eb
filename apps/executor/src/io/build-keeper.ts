// Every Build of the owned shards: makes its TaskRun, and says of the Build what the TaskRun shows.
//
//   V1. Level-triggered: what changed only says where to look; what is stored decides.
//   V2. Every commit carries the fence of the Build's shard, and compares the versions that were looked at.
//   V3. The TaskRun and the status that says that it was made are one commit: whoever dies in between, either both are
//       there or none is.
//   V4. What a TaskRun shows stands on its Build by the same commit (`writesFor`); a Build that this did not know of is looked
//       at when it is known. So a TaskRun's change is no cause to look: the Build's own may be a moment behind it.

import { isDeepStrictEqual } from 'node:util';
import {
  BUILDS,
  TASK_RUNS,
  SlipwayError,
  asSlipwayError,
  isDone,
  shardOfObject,
  type Build,
  type BuildStatus,
  type Fence,
  type KubeObject,
  type TaskRun,
  type Write,
} from '@slipway/contracts';
import { SerialQueue, type Logger } from '@slipway/service';
import type { Cache, CacheChange, Store } from '@slipway/store';
import { buildStatus, withOutcome } from '../core/builds/build-status.js';
import { executeFailed, isOfBuild, nextOfBuild } from '../core/builds/build-turn.js';
import { compileBuild } from '../core/builds/compile-build.js';
import { eventOf } from '../core/events.js';
import type { PodEnvironment } from '../core/runtime.js';
import type { Definitions } from './definitions.js';
import type { Leases } from './executor.js';
import { loadBuild } from './load-build.js';
import type { BuildMirror } from './task-runs.js';

export interface BuildKeeperOptions {
  /** Holds TaskRuns and Builds of the owned shards, those that have not ended whole. */
  cache: Pick<Cache, 'get' | 'list' | 'onChange' | 'put' | 'sync'>;
  store: Pick<Store, 'get' | 'commit'>;
  leases: Pick<Leases, 'owns' | 'onGained'>;
  definitions: Definitions;
  environment: Pick<PodEnvironment, 'serviceAccount' | 'secretHead'>;
  writesEvents: boolean;
  now: () => number;
  logger: Pick<Logger, 'warn'>;
}

const CONCURRENCY = 64;
/** How often everything is looked at, in case a change was not told. */
const RESYNC_MS = 30_000;
const FIRST_RETRY_MS = 20;
const LAST_RETRY_MS = 5_000;

export class BuildKeeper implements BuildMirror {
  readonly #queue: SerialQueue;
  #forget: (() => void)[] = [];
  #resync: NodeJS.Timeout | undefined;

  constructor(private readonly options: BuildKeeperOptions) {
    this.#queue = new SerialQueue({
      concurrency: CONCURRENCY,
      handle: (key) => this.#turn(key),
      onError: (key, thrown, attempt) => {
        const error = asSlipwayError(thrown);
        if (error.reason === 'FenceLost') return undefined;
        const isRaced = ['conflict', 'exists', 'not-found'].includes(error.kind);
        if (!isRaced) options.logger.warn({ build: key, err: thrown, attempt }, 'a build waits');
        return Math.min(FIRST_RETRY_MS * 2 ** (attempt - 1), LAST_RETRY_MS);
      },
    });
  }

  /** The cache has started. */
  start(): void {
    const { cache, leases } = this.options;
    const lookAtAll = (): void => cache.list<Build>(BUILDS).forEach((build) => this.#look(build));
    this.#forget = [
      cache.onChange((change) => this.#changed(change)),
      leases.onGained(() => void cache.sync().then(lookAtAll)),
    ];
    lookAtAll();
    this.#resync = setInterval(lookAtAll, RESYNC_MS).unref();
  }

  async stop(): Promise<void> {
    for (const forget of this.#forget) forget();
    clearInterval(this.#resync);
    await this.#queue.stop();
  }

  /** V4 */
  writesFor(taskRun: TaskRun): Write[] {
    const { namespace = '', name } = taskRun.metadata;
    const build = isOfBuild(taskRun) ? this.options.cache.get<Build>(BUILDS, namespace, name) : undefined;
    const next = build === undefined ? undefined : nextOfBuild(build, taskRun, this.options.now());
    return next?.kind === 'say' ? this.#writes(build!, next.status) : [];
  }

  async refresh(taskRun: TaskRun): Promise<void> {
    if (!isOfBuild(taskRun)) return;
    const { namespace = '', name } = taskRun.metadata;
    const build = await this.options.store.get<Build>(BUILDS, namespace, name);
    if (build !== undefined) this.options.cache.put(build);
  }

  #changed({ key, before, after }: CacheChange): void {
    if (key.resource === BUILDS && after !== undefined) this.#look(after);
    else if (key.resource === TASK_RUNS && after === undefined && isOfBuild(before!))
      this.#ask(key.namespace, key.name); // V4
  }

  #look(build: KubeObject): void {
    if (!isDone(build as Build)) this.#ask(build.metadata.namespace ?? '', build.metadata.name);
  }

  /** A Build's TaskRun bears its name. */
  #ask(namespace: string, name: string): void {
    this.#queue.add(`${namespace}/${name}`);
  }

  // One Build ---------------------------------------------------------------------------------------------------------

  async #turn(key: string): Promise<void> {
    await Promise.resolve(); // what one commit wrote reaches the cache object by object: first all of it
    const { cache, leases, now } = this.options;
    const [namespace = '', name = ''] = key.split('/');
    const build = cache.get<Build>(BUILDS, namespace, name);
    if (build === undefined || isDone(build)) return;
    const fence = leases.owns(shardOfObject(build.metadata));
    if (fence === undefined) return;
    const taskRun = await this.#taskRun(namespace, name); // after the Build: one that has begun has it (V3)
    const next = nextOfBuild(build, taskRun, now()); // V1
    switch (next.kind) {
      case 'rest':
        return;
      case 'begin':
        return this.#begin(build, fence);
      case 'cancel':
        return this.#cancel(taskRun!, fence);
      case 'say':
        return this.#commit(this.#writes(build, next.status), fence);
    }
  }

  /** Whole: of one that has ended the cache keeps little. That it has none does not say that there is none. */
  async #taskRun(namespace: string, name: string): Promise<TaskRun | undefined> {
    const cached = this.options.cache.get<TaskRun>(TASK_RUNS, namespace, name);
    if (cached !== undefined && !isDone(cached)) return cached;
    return this.options.store.get<TaskRun>(TASK_RUNS, namespace, name);
  }

  async #begin(build: Build, fence: Fence): Promise<void> {
    const { definitions, environment, now } = this.options;
    const templates = await loadBuild(definitions, environment, build);
    const made = 'reason' in templates ? templates : compileBuild(build, templates);
    const nowMs = now();
    if ('reason' in made) {
      const ended = withOutcome(build, { ...build.status }, { status: 'False', ...made }, nowMs);
      return this.#commit(this.#writes(build, ended), fence);
    }
    try {
      await this.#commit(
        [{ op: 'create', object: made }, ...this.#writes(build, buildStatus(build, made, nowMs))],
        fence,
      ); // V3
    } catch (thrown) {
      if (!(thrown instanceof SlipwayError) || !['invalid', 'too-large'].includes(thrown.kind)) throw thrown;
      const ended = withOutcome(build, { ...build.status }, executeFailed(thrown.message), nowMs);
      await this.#commit(this.#writes(build, ended), fence);
    }
  }

  #cancel(taskRun: TaskRun, fence: Fence): Promise<void> {
    const spec = { ...taskRun.spec, status: 'TaskRunCancelled', statusMessage: 'Its Build was cancelled.' };
    return this.#commit([{ op: 'update', object: { ...taskRun, spec } as KubeObject }], fence);
  }

  // Storing -----------------------------------------------------------------------------------------------------------

  #writes(build: Build, status: BuildStatus): Write[] {
    if (isDeepStrictEqual(build.status, status)) return [];
    const object = { ...build, status };
    const event = this.options.writesEvents ? eventOf(build, object, this.options.now()) : undefined;
    return [
      { op: 'update-status', object },
      ...(event === undefined ? [] : [{ op: 'create', object: event } as const]),
    ];
  }

  async #commit(writes: Write[], fence: Fence): Promise<void> {
    if (writes.length === 0) return;
    const { objects } = await this.options.store.commit({ writes, fence }); // V2
    for (const object of objects) if (object !== null) this.options.cache.put(object);
  }
}
