// Every Build of the owned shards: makes its TaskRun, and says of the Build what the TaskRun shows.
//
//   V1. Level-triggered: what changed only says where to look; what is stored decides.
//   V2. Every commit carries the fence of the Build's shard, and compares the versions that were looked at.
//   V3. The TaskRun and the status that says that it was made are one commit: whoever dies in between, either both are
//       there or none is.

import { isDeepStrictEqual } from 'node:util';
import {
  BUILDS,
  TASK_RUNS,
  SlipwayError,
  shardOfObject,
  type Build,
  type BuildStatus,
  type Fence,
  type KubeObject,
  type TaskRun,
  type Write,
} from '@slipway/contracts';
import type { CacheChange } from '@slipway/store';
import { compileBuild } from '../core/builds/compile-build.js';
import { withOutcome, type BuildOutcome } from '../core/builds/build-status.js';
import { executeFailed, nextOfBuild } from '../core/builds/build-turn.js';
import { finishedEvent, startedEvent } from '../core/events.js';
import { loadBuild } from './load-build.js';
import { Turns, type KeeperOptions } from './turns.js';

export class BuildKeeper {
  readonly #turns: Turns;

  constructor(private readonly options: KeeperOptions) {
    const { now, logger } = options;
    this.#turns = new Turns({ turn: (namespace, name) => this.#turn(namespace, name), now, logger });
  }

  start(): void {
    this.#turns.follow(this.options.cache, concerns, () => this.lookAtAll());
  }

  /** Looks at every Build that has not ended: after a start, after shards were gained, and now and then. */
  lookAtAll(): void {
    for (const { metadata } of this.options.cache.list(BUILDS))
      this.#turns.ask(metadata.namespace ?? '', metadata.name);
  }

  stop(): Promise<void> {
    return this.#turns.stop();
  }

  async #turn(namespace: string, name: string): Promise<undefined> {
    const { store, leases, now } = this.options;
    const read = (): Promise<TaskRun | undefined> => store.get<TaskRun>(TASK_RUNS, namespace, name);
    const [build, seen] = await Promise.all([store.get<Build>(BUILDS, namespace, name), read()]);
    if (build === undefined) return;
    const fence = leases.owns(shardOfObject(build.metadata));
    if (fence === undefined) return;
    // One that is seen to have begun must not miss the TaskRun that was made with it (V3): it may have been read before.
    const taskRun = seen ?? (build.status?.startTime === undefined ? undefined : await read());
    const next = nextOfBuild(build, taskRun, now()); // V1
    switch (next.kind) {
      case 'rest':
        return;
      case 'begin':
        return this.#begin(build, fence);
      case 'cancel':
        return this.#cancel(taskRun!, fence);
      case 'say':
        return this.#say(build, next.status, fence);
    }
  }

  async #begin(build: Build, fence: Fence): Promise<undefined> {
    const templates = await loadBuild(this.options.store, build);
    const made = 'reason' in templates ? templates : compileBuild(build, templates);
    const nowMs = this.options.now();
    if ('reason' in made) return this.#end(build, { status: 'False', ...made }, fence);
    const status = withOutcome(build, {}, { status: 'Unknown', reason: 'Pending' }, nowMs);
    try {
      // V3
      await this.#commit(fence, [
        { op: 'create', object: made },
        { op: 'update-status', object: { ...build, status } as KubeObject },
        { op: 'create', object: startedEvent(build, nowMs) },
      ]);
    } catch (thrown) {
      if (!(thrown instanceof SlipwayError) || !['invalid', 'too-large'].includes(thrown.kind)) throw thrown;
      await this.#end(build, executeFailed(thrown.message), fence);
    }
  }

  async #cancel(taskRun: TaskRun, fence: Fence): Promise<undefined> {
    const spec = { ...taskRun.spec, status: 'TaskRunCancelled', statusMessage: 'Its Build was cancelled.' };
    await this.#commit(fence, [{ op: 'update', object: { ...taskRun, spec } as KubeObject }]);
  }

  #end(build: Build, outcome: BuildOutcome, fence: Fence): Promise<undefined> {
    return this.#say(build, withOutcome(build, { ...build.status }, outcome, this.options.now()), fence);
  }

  async #say(build: Build, status: BuildStatus, fence: Fence): Promise<undefined> {
    if (isDeepStrictEqual(build.status, status)) return;
    const condition = status.conditions?.[0];
    const isFinal = condition !== undefined && condition.status !== 'Unknown';
    await this.#commit(fence, [
      { op: 'update-status', object: { ...build, status } as KubeObject },
      ...(isFinal ? [{ op: 'create', object: finishedEvent(build, condition, this.options.now()) } as const] : []),
    ]);
  }

  async #commit(fence: Fence, writes: Write[]): Promise<void> {
    await this.options.store.commit({ writes, fence }); // V2
  }
}

function isOfBuild(object: KubeObject | undefined): boolean {
  return object?.metadata.ownerReferences?.some(({ kind }) => kind === 'Build') === true;
}

/** Whether a change is about one of ours: a Build's TaskRun bears its name. */
function concerns({ key, before, after }: CacheChange): boolean {
  return (key.resource === BUILDS && after !== undefined) || (key.resource === TASK_RUNS && isOfBuild(after ?? before));
}
