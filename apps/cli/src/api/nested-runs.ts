// The children of a PipelineRun that are no TaskRuns: their states, and every line of the runs that are nested in it.

import {
  CUSTOM_RUNS,
  LABELS,
  PIPELINE_RUNS,
  resourceKind,
  type CustomRun,
  type PipelineRun,
  type TaskRun,
} from '@slipway/contracts';
import { taskNameOf, type ChildOfRun, type ChildrenByRun } from '../core/run-rows.js';
import type { ApiClient } from './client.js';
import type { FollowOptions, Observer } from './observer.js';
import { objectPath } from './paths.js';
import { pathOf, runKind, type RunRef } from './run-kind.js';
import { watch } from './watch.js';

/** What is asked for: kind by kind, with the version that it is read in. */
const KINDS = [
  { resource: PIPELINE_RUNS, version: 'v1' },
  { resource: CUSTOM_RUNS, version: 'v1beta1' },
] as const;

interface NestedOptions extends FollowOptions {
  /** Follows a run to its end. */
  followNested(
    client: ApiClient,
    ref: RunRef,
    observer: Observer,
    signal: AbortSignal,
    options: FollowOptions,
  ): Promise<unknown>;
}

export class NestedRuns {
  readonly #runs = new Map<string, Promise<unknown>>();

  constructor(
    private readonly client: ApiClient,
    private readonly ref: RunRef,
    private readonly observer: Observer,
    private readonly signal: AbortSignal,
    private readonly options: NestedOptions,
  ) {}

  /** Follows until `signal` fires. Only a PipelineRun has such children. */
  async follow(signal: AbortSignal): Promise<void> {
    if (this.ref.kind !== 'PipelineRun') return;
    await Promise.all(
      KINDS.map(({ resource, version }) =>
        watch<PipelineRun | CustomRun>(this.client, {
          path: objectPath(resourceKind(resource)!, version, this.ref.namespace),
          labelSelector: `${LABELS.pipelineRun}=${this.ref.name}`,
          signal,
          onChange: (child, deleted) => {
            if (!deleted) this.#see(child);
          },
        }),
      ),
    );
  }

  /** Reads the last states, and waits for the lines of the nested runs that are still on their way. */
  async end(): Promise<void> {
    if (!this.signal.aborted) {
      for (const child of await nestedOf(this.client, this.ref)) this.#see(child);
    }
    await Promise.all(this.#runs.values());
  }

  #see(child: PipelineRun | CustomRun): void {
    this.observer.onTaskRun(this.ref, child);
    const { name } = child.metadata;
    if (child.kind !== 'PipelineRun' || this.#runs.has(name)) return;
    const task = taskNameOf(child);
    const { wanted, timestamps } = this.options;
    const options: FollowOptions = {
      ...(timestamps === undefined ? {} : { timestamps }),
      ...(wanted === undefined ? {} : { wanted: (inner: string, step: string) => wanted(`${task}/${inner}`, step) }),
    };
    const ref: RunRef = { ...this.ref, name };
    const followed = this.options.followNested(
      this.client,
      ref,
      within(this.observer, this.ref, task),
      this.signal,
      options,
    );
    this.#runs.set(
      name,
      followed.catch((thrown: unknown) => {
        const why = thrown instanceof Error ? thrown.message : String(thrown);
        if (!this.signal.aborted) this.observer.onNotice(`The run ${name} cannot be followed: ${why}`);
      }),
    );
  }
}

/** The children that are no TaskRuns, as they are now. */
export async function nestedOf(client: ApiClient, ref: RunRef): Promise<(PipelineRun | CustomRun)[]> {
  if (ref.kind !== 'PipelineRun') return [];
  const query = { labelSelector: `${LABELS.pipelineRun}=${ref.name}` };
  const lists = KINDS.map(({ resource, version }) =>
    client.call<{ items: (PipelineRun | CustomRun)[] }>(objectPath(resourceKind(resource)!, version, ref.namespace), {
      query,
    }),
  );
  return (await Promise.all(lists)).flatMap(({ items }) => items);
}

/** Runs nested deeper or wider than anybody reads are not asked for. */
const MOST_RUNS = 100;

/** The children of a run and of those nested in it, the run's own first, each with the tasks that they have now. */
export async function childrenBelow(client: ApiClient, ref: RunRef): Promise<ChildrenByRun> {
  const found = new Map<string, ChildOfRun[]>();
  for (const open = [ref]; open.length > 0 && found.size < MOST_RUNS;) {
    const next = open.shift()!;
    const [taskRuns, others] = await Promise.all([childrenOf(client, next), nestedOf(client, next)]);
    found.set(next.name, [...taskRuns, ...others]);
    for (const { kind, metadata } of others) if (kind === 'PipelineRun') open.push({ ...ref, name: metadata.name });
  }
  return found;
}

/** The TaskRuns of a run in the order in which they started. */
export async function childrenOf(client: ApiClient, ref: RunRef): Promise<TaskRun[]> {
  const { childLabel } = runKind(ref.kind);
  if (childLabel === undefined) return [];
  const { items } = await client.call<{ items: TaskRun[] }>(pathOf({ ...ref, kind: 'TaskRun' }), {
    query: { labelSelector: `${childLabel}=${ref.name}` },
  });
  return items.sort((one, other) => startOf(one).localeCompare(startOf(other)));
}

export function startOf({ status, metadata }: ChildOfRun): string {
  return status?.startTime ?? metadata.creationTimestamp ?? '';
}

/** Lines of a nested run are lines of its parent, named by the way to them; the parent's tree shows it as one row. */
export function within(observer: Observer, ref: RunRef, task: string): Observer {
  return {
    onRun: () => {},
    onTaskRun: (_inner, child) => observer.onNested(ref, child),
    onNested: (_inner, child) => observer.onNested(ref, child),
    onTaskEnd: (_inner, taskRun, inner) => observer.onTaskEnd(ref, taskRun, `${task}/${inner}`),
    onLine: (line) => observer.onLine({ ...line, run: ref, task: `${task}/${line.task}` }),
    onNotice: (text) => observer.onNotice(text),
  };
}
