// One Build at a time: has its TaskRun made, and says of the Build what the TaskRun shows.
//
//   V1. Level-triggered: what changed only says where to look; what is stored decides.
//   V2. Every commit carries the fence of the Build's shard, and compares the versions that were looked at.
//   V3. The TaskRun and the status that says that it was made are one commit: whoever dies in between, either both are
//       there or none is.
//   V4. What a TaskRun shows stands on its Build by the same commit (`writesFor`); a Build that this did not know of is told
//       when either is looked at again.
//   V5. A Build and its TaskRun bear one name, and whoever calls has one of each name in hand at a time.

import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import {
  BUILDS,
  TASK_RUNS,
  asSlipwayError,
  isBuildCancelled,
  isDone,
  shardOfObject,
  type Build,
  type BuildStatus,
  type Fence,
  type KubeObject,
  type TaskRun,
  type Write,
} from '@slipway/contracts';
import type { Cache, Store } from '@slipway/store';
import { buildStatus, withOutcome, type BuildOutcome } from '../core/builds/build-status.js';
import { executeFailed, isOfBuild, nextOfBuild } from '../core/builds/build-turn.js';
import { compileBuild } from '../core/builds/compile-build.js';
import { eventOf } from '../core/events.js';
import type { PodEnvironment } from '../core/runtime.js';
import type { Definitions } from './definitions.js';
import { loadBuild } from './load-build.js';
import type { BuildMirror } from './task-run-writer.js';

export interface BuildsOptions {
  /** Holds TaskRuns and Builds of the owned shards, those that have not ended whole. */
  cache: Pick<Cache, 'get' | 'put'>;
  store: Pick<Store, 'get' | 'commit'>;
  /** As in `TaskRunsOptions`. */
  fenceOf: (shard: number) => Fence | undefined;
  definitions: Definitions;
  environment: Pick<PodEnvironment, 'serviceAccount' | 'secretHead'>;
  writesEvents: boolean;
  now: () => number;
}

/** Stores a new TaskRun, all that its beginning makes, and what `writesFor` says of it, in one commit. */
export type BeginTaskRun = (taskRun: TaskRun, fence: Fence) => Promise<void>;

export class Builds implements BuildMirror {
  constructor(private readonly options: BuildsOptions) {}

  /** Brings one Build a step further, if there is one of that name. */
  async reconcile(namespace: string, name: string, begin: BeginTaskRun): Promise<void> {
    await Promise.resolve(); // what one commit wrote reaches the cache object by object: first all of it
    const { cache, fenceOf, now } = this.options;
    const build = cache.get<Build>(BUILDS, namespace, name);
    if (build === undefined || isDone(build)) return;
    const fence = fenceOf(shardOfObject(build.metadata));
    if (fence === undefined) return;
    const taskRun = await this.#taskRun(build); // after the Build: one that has begun has it (V3)
    const next = nextOfBuild(build, taskRun, now()); // V1
    switch (next.kind) {
      case 'rest':
        return;
      case 'begin':
        return this.#begin(build, fence, begin);
      case 'cancel':
        return this.#cancel(taskRun!, fence);
      case 'say':
        return this.#commit(this.#writes(build, next.status), fence);
    }
  }

  /** Ends a Build that cannot be handled and has no TaskRun to end with, so that it is not tried for ever. */
  async giveUp(namespace: string, name: string, message: string): Promise<void> {
    const build = this.options.cache.get<Build>(BUILDS, namespace, name);
    const fence = build === undefined ? undefined : this.options.fenceOf(shardOfObject(build.metadata));
    if (build === undefined || fence === undefined || isDone(build)) return;
    if ((await this.#taskRun(build)) === undefined) await this.#end(build, executeFailed(message), fence);
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

  /**
   * Whole: of one that has ended the cache keeps little. That it has none does not say that there is none; of a Build that
   * has not begun it need not be asked (V3): if somebody else's has the name, or this is not the newest Build, the first commit fails.
   */
  async #taskRun(build: Build): Promise<TaskRun | undefined> {
    const { namespace = '', name } = build.metadata;
    const cached = this.options.cache.get<TaskRun>(TASK_RUNS, namespace, name);
    const isNew = cached === undefined && build.status?.startTime === undefined && !isBuildCancelled(build);
    if (isNew || (cached !== undefined && !isDone(cached))) return cached;
    return this.options.store.get<TaskRun>(TASK_RUNS, namespace, name);
  }

  async #begin(build: Build, fence: Fence, begin: BeginTaskRun): Promise<void> {
    const { definitions, environment, now } = this.options;
    const templates = await loadBuild(definitions, environment, build);
    const made = 'reason' in templates ? templates : compileBuild(build, templates);
    if ('reason' in made) return this.#end(build, { status: 'False', ...made }, fence);
    // What it refers to is read as of the version of the Build.
    const metadata = { ...made.metadata, uid: randomUUID(), resourceVersion: build.metadata.resourceVersion ?? '' };
    try {
      await begin({ ...made, metadata }, fence); // V3
    } catch (thrown) {
      const { kind, message } = asSlipwayError(thrown);
      if (kind === 'invalid' || kind === 'too-large') return this.#end(build, executeFailed(message), fence);
      if (kind === 'exists' || kind === 'conflict') return this.#sayOfStored(build, fence, thrown);
      if (kind !== 'internal') throw thrown;
      // A fault of ours, or a registry of the release before: the TaskRun goes on by itself, or tells what is wrong.
      await this.#commit(
        [{ op: 'create', object: made }, ...this.#writes(build, buildStatus(build, made, now()))],
        fence,
      ); // V3
    }
  }

  /** Something of the name is stored: a TaskRun that the cache did not have. Anything else is tried again. */
  async #sayOfStored(build: Build, fence: Fence, thrown: unknown): Promise<void> {
    const { namespace = '', name } = build.metadata;
    const taskRun = await this.options.store.get<TaskRun>(TASK_RUNS, namespace, name);
    const next = taskRun === undefined ? undefined : nextOfBuild(build, taskRun, this.options.now());
    if (next?.kind !== 'say') throw thrown;
    return this.#commit(this.#writes(build, next.status), fence); // V2: fails for a Build that is not the newest
  }

  #end(build: Build, outcome: BuildOutcome, fence: Fence): Promise<void> {
    const status = withOutcome(build, { ...build.status }, outcome, this.options.now());
    return this.#commit(this.#writes(build, status), fence);
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
