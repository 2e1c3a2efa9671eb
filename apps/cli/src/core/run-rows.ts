// A run as rows of a tree: what each task does, since when, and why it waits or was left out. Pure.

import {
  ANNOTATIONS,
  LABELS,
  buildGraph,
  isDone,
  msOf,
  succeeded,
  type Build,
  type Condition,
  type CustomRun,
  type PipelineRun,
  type PipelineTask,
  type TaskRun,
} from '@slipway/contracts';

export type RowState = 'waiting' | 'running' | 'succeeded' | 'failed' | 'cancelled' | 'skipped';

export interface StepRow {
  name: string;
  state: RowState;
  startMs?: number;
  endMs?: number;
  /** `exit code 3`, `timed out`. */
  note?: string;
}

export interface TaskRow {
  /** Of the pipeline task; of a matrix, with its number. */
  name: string;
  state: RowState;
  finally: boolean;
  taskRun?: string;
  startMs?: number;
  endMs?: number;
  /** Why it waits, was skipped or failed. */
  note?: string;
  steps: StepRow[];
  /** Of a pipeline in a pipeline, where its runs are known. */
  tasks?: TaskRow[];
}

/** Runs of tasks by the name of the PipelineRun that they belong to. */
export type ChildrenByRun = ReadonlyMap<string, readonly ChildOfRun[]>;

const CANCELLED =
  /^(BuildCancelled|TaskRunCancelled|Cancelled|PipelineRunCancelled|CustomRunCancelled|CancelledRunFinally)$/;

/** What a pipeline task may run as. */
export type ChildOfRun = TaskRun | CustomRun | PipelineRun;

/** What a run of any kind consists of: tasks, the run of a Build, or itself. */
export function rowsOf(
  run: PipelineRun | TaskRun | Build,
  children: readonly ChildOfRun[],
  below?: ChildrenByRun,
): TaskRow[] {
  if (run.kind === 'PipelineRun') return rowsOfPipelineRun(run as PipelineRun, children, below);
  if (run.kind === 'Build') return children.map((child) => rowOfTaskRun(child, child.metadata.name));
  return [rowOfTaskRun(run, run.metadata.name)];
}

/** The tasks of a run in the order of its pipeline, those of `finally` last; `below`: of the runs nested in it. */
export function rowsOfPipelineRun(
  run: PipelineRun,
  children: readonly ChildOfRun[],
  below: ChildrenByRun = new Map<string, ChildOfRun[]>(),
): TaskRow[] {
  const spec = run.status?.pipelineSpec ?? run.spec.pipelineSpec ?? {};
  const byTask = new Map<string, ChildOfRun[]>();
  for (const taskRun of newestAttempts(children)) {
    const name = taskRun.metadata.labels?.[LABELS.pipelineTask];
    if (name === undefined || taskRun.metadata.labels?.[LABELS.conditionCheck] !== undefined) continue;
    byTask.set(name, [...(byTask.get(name) ?? []), taskRun]);
  }
  const taken = takenRows(run);
  const skipped = new Map((run.status?.skippedTasks ?? []).map((task) => [task.name, task.reason]));
  const { parents } = buildGraph(spec.tasks ?? []);
  const settled = new Set<string>();
  for (const [name, runs] of byTask) if (runs.every(isDone)) settled.add(name);
  for (const name of taken.keys()) settled.add(name);
  const rowsOfTask = (task: PipelineTask, isFinally: boolean): TaskRow[] => {
    const runs = (byTask.get(task.name) ?? []).sort(byName);
    if (runs.length > 0) {
      return runs.map((taskRun, i) => {
        const inner = below.get(taskRun.metadata.name);
        const tasks = inner === undefined ? undefined : rowsOfPipelineRun(taskRun as PipelineRun, inner, below);
        const place = runs.length === 1 ? placeOf(taskRun) : (placeOf(taskRun) ?? String(i));
        const row = rowOfTaskRun(taskRun, place === undefined ? task.name : `${task.name}[${place}]`);
        return { ...row, finally: isFinally, ...(tasks === undefined ? {} : { tasks }) };
      });
    }
    const rows = taken.get(task.name);
    if (rows !== undefined && !isFinally) return rows;
    const why = skipped.get(task.name);
    if (why !== undefined) return [{ name: task.name, state: 'skipped', finally: isFinally, note: why, steps: [] }];
    if (isDone(run))
      return [{ name: task.name, state: 'skipped', finally: isFinally, note: 'never started', steps: [] }];
    const awaited = (parents.get(task.name) ?? []).filter((parent) => !settled.has(parent) && !skipped.has(parent));
    const note = isFinally
      ? 'waits for all tasks'
      : awaited.length > 0
        ? `waits for ${awaited.join(', ')}`
        : 'about to start';
    return [{ name: task.name, state: 'waiting', finally: isFinally, note, steps: [] }];
  };
  return [
    ...(spec.tasks ?? []).flatMap((task) => rowsOfTask(task, false)),
    ...(spec.finally ?? []).flatMap((task) => rowsOfTask(task, true)),
  ];
}

/** The tasks that succeeded in the run that this one repeats: their runs are not its own. */
function takenRows({ metadata, status }: PipelineRun): ReadonlyMap<string, TaskRow[]> {
  const rows = new Map<string, TaskRow[]>();
  const stored = status?.annotations?.[ANNOTATIONS.takenOver];
  if (stored === undefined) return rows;
  const names = new Set((JSON.parse(stored) as { tasks: { task: string }[] }).tasks.map(({ task }) => task));
  const note = `taken over from ${metadata.annotations?.[ANNOTATIONS.rerunOf] ?? 'another run'}`;
  for (const { name, pipelineTaskName } of status?.childReferences ?? []) {
    if (!names.has(pipelineTaskName)) continue;
    const before = rows.get(pipelineTaskName) ?? [];
    const row: TaskRow = { name: pipelineTaskName, state: 'succeeded', finally: false, taskRun: name, note, steps: [] };
    rows.set(pipelineTaskName, [...before, row]);
  }
  return rows;
}

/** What a run is called where it is one of several: the name of its task, and its number in a matrix or a loop. */
export function taskNameOf(child: ChildOfRun): string {
  const place = placeOf(child);
  const task = child.metadata.labels?.[LABELS.pipelineTask] ?? child.metadata.name;
  return place === undefined ? task : `${task}[${place}]`;
}

/** The number in the run's name, `<run>-<task>-<number>`; a name that was cut for its length has none. */
function placeOf({ metadata: { name, labels } }: ChildOfRun): string | undefined {
  const [run, task] = [labels?.[LABELS.pipelineRun], labels?.[LABELS.pipelineTask]];
  const before = `${run}-${task}-`;
  return name.startsWith(before) ? /^(\d+)(-retry\d+)?$/.exec(name.slice(before.length))?.[1] : undefined;
}

/** A retry of a pipeline in a pipeline is a run of its own, called `<name>-retry<n>`: only the newest is a row. */
function newestAttempts(children: readonly ChildOfRun[]): ChildOfRun[] {
  const newest = new Map<string, ChildOfRun>();
  for (const child of children) {
    const attempt = attemptOf(child);
    const place = attempt === 0 ? child.metadata.name : child.metadata.name.replace(/-retry\d+$/, '');
    const known = newest.get(place);
    if (known === undefined || attempt > attemptOf(known)) newest.set(place, child);
  }
  return [...newest.values()];
}

function attemptOf({ metadata }: ChildOfRun): number {
  return Number(metadata.annotations?.[ANNOTATIONS.attempt] ?? 0) || 0;
}

/** One run of a task as a row; only a TaskRun has steps. */
export function rowOfTaskRun(taskRun: ChildOfRun, name: string): TaskRow {
  const status: TaskRun['status'] = taskRun.kind === 'TaskRun' ? (taskRun as TaskRun).status : timesOf(taskRun);
  const condition = succeeded(taskRun);
  const state = stateOf(condition, status?.startTime !== undefined);
  const archived = (taskRun as TaskRun | CustomRun).status?.retriesStatus?.length ?? 0;
  const retries = archived + attemptOf(taskRun);
  const notes = [
    ...(state === 'failed' || state === 'cancelled' ? [reasonText(condition)] : []),
    ...(state === 'waiting' || state === 'running' ? pendingText(condition) : []),
    ...(retries > 0 ? [`${retries + 1} attempts`] : []),
  ];
  return {
    name,
    state,
    finally: false,
    taskRun: taskRun.metadata.name,
    ...times(status?.startTime, status?.completionTime),
    ...(notes.length === 0 ? {} : { note: notes.join('; ') }),
    steps: (status?.steps ?? []).map(({ name: step, running, terminated, terminationReason }) => ({
      name: step,
      ...(terminated !== undefined
        ? {
            state: terminationReason === 'Skipped' ? 'skipped' : terminated.exitCode === 0 ? 'succeeded' : 'failed',
            ...times(terminated.startedAt, terminated.finishedAt),
            ...noteOfStep(terminated.exitCode, terminationReason ?? terminated.reason),
          }
        : {
            state: running === undefined ? ('waiting' as const) : ('running' as const),
            ...times(running?.startedAt, undefined),
          }),
    })),
  };
}

function timesOf({ status }: ChildOfRun): NonNullable<TaskRun['status']> {
  const { startTime, completionTime } = status ?? {};
  return {
    ...(startTime === undefined ? {} : { startTime }),
    ...(completionTime === undefined ? {} : { completionTime }),
  };
}

export function stateOf(condition: Condition | undefined, started: boolean): RowState {
  if (condition?.status === 'True') return 'succeeded';
  if (condition?.status === 'False') return CANCELLED.test(condition.reason ?? '') ? 'cancelled' : 'failed';
  return started ? 'running' : 'waiting';
}

function reasonText(condition: Condition | undefined): string {
  return [condition?.reason, condition?.message].filter((part) => part !== undefined && part !== '').join(': ');
}

/** Only what is out of the ordinary. */
function pendingText(condition: Condition | undefined): string[] {
  if (condition === undefined || /^(Started|Running)$/.test(condition.reason ?? '')) return [];
  if (condition.message?.startsWith('pod status "') === true) return []; // containers are about to start
  return [reasonText(condition)].filter((text) => text !== '');
}

function noteOfStep(exitCode: number, reason: string | undefined): { note?: string } {
  if (reason === 'Skipped') return { note: 'not run, because a step before it failed' };
  if (exitCode === 0) return {};
  const why = reason === undefined || reason === 'Error' ? '' : ` (${reason})`;
  return { note: `exit code ${exitCode}${why}` };
}

function times(start: string | undefined, end: string | undefined): { startMs?: number; endMs?: number } {
  const startMs = msOf(start);
  const endMs = msOf(end);
  return { ...(startMs === undefined ? {} : { startMs }), ...(endMs === undefined ? {} : { endMs }) };
}

function byName(one: ChildOfRun, other: ChildOfRun): number {
  return one.metadata.name.localeCompare(other.metadata.name, 'en', { numeric: true });
}
