// Follows one run until it has ended: its state, its tasks', and every line of their steps.
//
//   F1. Resolves only when the run has its outcome and every line of every step was given, or is known not to come.
//   F2. The lines of one pod come in the order of its steps.

import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { SlipwayError, isDone, type TaskRun } from '@slipway/contracts';
import { taskNameOf } from '../core/run-rows.js';
import type { ApiClient } from './client.js';
import { NestedRuns } from './nested-runs.js';
import type { FollowOptions, Followed, Observer } from './observer.js';
import { containerLines } from './pod-logs.js';
import { pathOf, runKind, type RunObject, type RunRef } from './run-kind.js';
import { watch } from './watch.js';

/** After the run's outcome, logs that give nothing for so long are given up. */
const LOGS_LAST_MS = 15_000;

export async function followRun(
  client: ApiClient,
  ref: RunRef,
  observer: Observer,
  signal: AbortSignal,
  options: FollowOptions = {},
): Promise<Followed> {
  const stop = new AbortController();
  const ended = AbortSignal.any([signal, stop.signal]);
  setMaxListeners(0, ended); // the reader of each pod listens
  const logs = new RunLogs(client, ref, observer, ended, options);
  const taskRuns = new Map<string, TaskRun>();
  let run: RunObject | undefined;
  let gone = false;
  const onLost = (why: string): void => observer.onNotice(`${why} Waiting for it to come back.`);
  const outcome = new AbortController(); // of the run itself, before its logs are read to their end
  const own = watch<RunObject>(client, {
    path: pathOf(ref),
    fieldSelector: `metadata.name=${ref.name}`,
    signal: AbortSignal.any([ended, outcome.signal]),
    onLost,
    onChange: (object, deleted) => {
      run = object;
      gone = deleted;
      observer.onRun(ref, object);
      if (ref.kind === 'TaskRun') logs.onTaskRun(object as TaskRun);
      if (deleted || isDone(object)) outcome.abort();
    },
  });
  const onTaskRun = (taskRun: TaskRun, deleted: boolean): void => {
    if (deleted) return;
    const before = taskRuns.get(taskRun.metadata.name);
    if (before !== undefined && Number(before.metadata.resourceVersion) > Number(taskRun.metadata.resourceVersion))
      return;
    taskRuns.set(taskRun.metadata.name, taskRun);
    logs.onTaskRun(taskRun);
    observer.onTaskRun(ref, taskRun);
  };
  const { childLabel } = runKind(ref.kind);
  const children = { path: pathOf({ ...ref, kind: 'TaskRun' }), labelSelector: `${childLabel}=${ref.name}` };
  const tasks =
    childLabel === undefined
      ? Promise.resolve()
      : watch<TaskRun>(client, { ...children, signal: AbortSignal.any([ended, outcome.signal]), onChange: onTaskRun });
  const nested = new NestedRuns(client, ref, observer, ended, { ...options, followNested: followRun });
  const others = nested.follow(AbortSignal.any([ended, outcome.signal]));
  try {
    await Promise.all([own, tasks, others]);
    if (run === undefined)
      throw new SlipwayError('transient', 'Interrupted', `${ref.kind} "${ref.name}" was not read.`);
    if (gone && !isDone(run))
      throw new SlipwayError('not-found', 'Deleted', `${ref.kind} "${ref.name}" was deleted before it ended.`);
    if (childLabel !== undefined && !signal.aborted) {
      // The tasks' last states may not have been watched yet when the run's outcome was.
      const query = { labelSelector: children.labelSelector };
      const { items } = await client.call<{ items: TaskRun[] }>(children.path, { query, signal });
      for (const item of items) onTaskRun(item, false);
    }
    await Promise.all([logs.end(), nested.end()]);
    const byName = (one: TaskRun, other: TaskRun): number =>
      one.metadata.name.localeCompare(other.metadata.name, 'en', { numeric: true });
    return { run, taskRuns: [...taskRuns.values()].sort(byName) };
  } finally {
    stop.abort();
  }
}

/** The logs of a run's pods, one reader a pod. */
class RunLogs {
  readonly #pods = new Map<string, PodLog>();
  readonly #ended = new Set<string>();
  readonly #ends: Promise<void>[] = [];
  #lastLineMs = 0;

  constructor(
    private readonly client: ApiClient,
    private readonly ref: RunRef,
    private readonly observer: Observer,
    private readonly signal: AbortSignal,
    private readonly options: FollowOptions,
  ) {}

  onTaskRun(taskRun: TaskRun): void {
    const { status } = taskRun;
    for (const attempt of status?.retriesStatus ?? []) this.#onAttempt(taskRun, attempt, true);
    if (status !== undefined) this.#onAttempt(taskRun, status, isDone(taskRun));
    if (!isDone(taskRun) || this.#ended.has(taskRun.metadata.name)) return;
    this.#ended.add(taskRun.metadata.name);
    const read = this.#pods.get(status?.podName ?? '')?.read ?? Promise.resolve();
    this.#ends.push(read.then(() => this.observer.onTaskEnd(this.ref, taskRun, taskNameOf(taskRun))));
  }

  /** Waits for the lines that are still on their way (F1). */
  async end(): Promise<void> {
    const readers = Promise.all([...[...this.#pods.values()].map(({ read }) => read), ...this.#ends]);
    this.#lastLineMs = Date.now();
    for (let done = false; !done;) {
      done = await Promise.race([readers.then(() => true), sleep(1000).then(() => false)]);
      if (this.signal.aborted) return;
      if (done || Date.now() - this.#lastLineMs < LOGS_LAST_MS) continue;
      this.observer.onNotice('Some logs did not end; giving up on them.');
      return;
    }
  }

  #onAttempt(taskRun: TaskRun, { podName, steps }: NonNullable<TaskRun['status']>, isOver: boolean): void {
    if (podName === undefined || podName === '') return;
    let pod = this.#pods.get(podName);
    if (pod === undefined) {
      pod = new PodLog(taskNameOf(taskRun), podName);
      this.#pods.set(podName, pod);
      pod.read = this.#read(pod);
    }
    const known = (steps ?? []).map(({ name, container, running, terminated }) => ({
      name,
      container,
      hasStarted: running !== undefined || terminated !== undefined,
    }));
    pod.know(known, isOver);
  }

  async #read(pod: PodLog): Promise<void> {
    for (let index = 0; ; index++) {
      const step = await pod.step(index, this.signal);
      if (step === undefined) return;
      if (this.options.wanted?.(pod.task, step.name) === false) continue;
      const log = {
        namespace: this.ref.namespace,
        pod: pod.name,
        container: step.container,
        follow: true,
        signal: this.signal,
        isOver: () => pod.isOver,
        ...(this.options.timestamps === true ? { timestamps: true } : {}),
      };
      try {
        for await (const text of containerLines(this.client, log)) {
          this.#lastLineMs = Date.now();
          this.observer.onLine({ run: this.ref, task: pod.task, step: step.name, text });
        }
      } catch (thrown) {
        const why = thrown instanceof Error ? thrown.message : String(thrown);
        this.observer.onNotice(`The log of ${pod.task} : ${step.name} cannot be read: ${why}`);
      }
    }
  }
}

interface StepContainer {
  name: string;
  container: string;
  hasStarted: boolean;
}

/** What is known of a pod's steps; its reader waits here for the next. */
class PodLog {
  isOver = false;
  read: Promise<void> = Promise.resolve();
  #steps: StepContainer[] = [];
  #wake: () => void = () => {};

  constructor(
    readonly task: string,
    readonly name: string,
  ) {}

  know(steps: StepContainer[], isOver: boolean): void {
    if (steps.length >= this.#steps.length) this.#steps = steps;
    this.isOver ||= isOver;
    this.#wake();
  }

  /** Step `index` once it has started; undefined when there is none (F2). */
  async step(index: number, signal: AbortSignal): Promise<StepContainer | undefined> {
    while (!signal.aborted) {
      const step = this.#steps[index];
      if (step?.hasStarted === true) return step;
      if (this.isOver) return undefined;
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          signal.removeEventListener('abort', wake);
          resolve();
        };
        this.#wake = wake;
        signal.addEventListener('abort', wake);
      });
    }
    return undefined;
  }
}
