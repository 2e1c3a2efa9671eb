// What is stored of one TaskRun, with all that has to be stored in the same commit: its pod, its Build, its event.
//
//   T2. Every commit carries the fence of the shard's lease: a stale owner writes nothing.
//   T6. A TaskRun of a Build is made by the commit in which the Build says so, or not at all.

import {
  PODS,
  TASK_RUNS,
  SlipwayError,
  type Fence,
  type KubeObject,
  type Pod,
  type TaskRun,
  type TaskRunStatus,
  type Write,
} from '@slipway/contracts';
import type { Cache, Store } from '@slipway/store';
import { eventOf } from '../core/events.js';
import type { Transitions } from './transitions.js';

export interface TaskRunWriterOptions {
  cache: Pick<Cache, 'get' | 'put'>;
  store: Pick<Store, 'get' | 'commit'>;
  builds: BuildMirror;
  transitions: Transitions;
  writesEvents: boolean;
}

/** The Builds that TaskRuns are of. */
export interface BuildMirror {
  /** What a commit of the TaskRun must hold for its Build to show the same. */
  writesFor(taskRun: TaskRun): Write[];
  /** A commit of the TaskRun met a newer object than it knew of: perhaps its Build. */
  refresh(taskRun: TaskRun): Promise<void>;
}

/** See above; T1, T3 to T5 are those of `TaskRuns`. */
export class TaskRunWriter {
  constructor(private readonly options: TaskRunWriterOptions) {}

  /** The newest state that is known. */
  current({ metadata, ...rest }: TaskRun): TaskRun {
    const { namespace = '', name } = metadata;
    return this.options.cache.get<TaskRun>(TASK_RUNS, namespace, name) ?? { ...rest, metadata };
  }

  /** Stores a status, and tells of the change. Answers what was stored, in the order of the writes. */
  async commit(
    taskRun: TaskRun,
    status: TaskRunStatus,
    fence: Fence,
    others: readonly Write[] = [],
  ): Promise<(KubeObject | null)[]> {
    const object = { ...taskRun, status };
    const event = this.options.writesEvents ? eventOf(this.current(taskRun), object, Date.now()) : undefined;
    const { uid = '', creationTimestamp } = taskRun.metadata;
    const isNew = creationTimestamp === undefined;
    const mirrored = this.options.builds.writesFor(object);
    if (isNew && mirrored.length === 0) {
      throw new SlipwayError('conflict', 'BuildChanged', `Build "${object.metadata.name}" was changed meanwhile.`); // T6
    }
    const writes: Write[] = [
      isNew ? { op: 'create-as', uid, object } : { op: 'update-status', object },
      ...others,
      ...mirrored,
      ...(event === undefined ? [] : [{ op: 'create', object: event } as const]),
    ];
    const stored = await this.write(taskRun, writes, fence);
    this.options.transitions.changed(taskRun, object);
    return stored;
  }

  /** What is stored is in the cache when this resolves. */
  async write(taskRun: TaskRun, writes: Write[], fence: Fence): Promise<(KubeObject | null)[]> {
    try {
      const { objects } = await this.options.store.commit({ writes, fence }); // T2
      for (const object of objects) if (object !== null) this.options.cache.put(object);
      return objects;
    } catch (thrown) {
      if (thrown instanceof SlipwayError && thrown.kind === 'conflict') await this.refresh(taskRun);
      throw thrown;
    }
  }

  /** Somebody else wrote first: what they wrote must be seen before the next try. */
  async refresh(known: TaskRun): Promise<void> {
    const { store, cache, builds } = this.options;
    const { namespace = '', name } = known.metadata;
    await builds.refresh(known);
    const taskRun = await store.get<TaskRun>(TASK_RUNS, namespace, name);
    if (taskRun !== undefined) cache.put(taskRun);
    const podName = known.status?.podName ?? taskRun?.status?.podName;
    const pod = podName ? await store.get<Pod>(PODS, namespace, podName) : undefined;
    if (pod !== undefined) cache.put(pod);
  }
}
