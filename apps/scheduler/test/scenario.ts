// Pipelines made by chance, with a fate for every run of every task.

import type { Matrix, Param, PipelineSpec, PipelineTask, WhenExpression } from '@slipway/contracts';

/** What becomes of one run of a task that nobody cancels. */
export type Fate = 'succeeded' | 'failed' | 'cancelled';
export type Asked = 'Cancelled' | 'CancelledRunFinally' | 'StoppedRunFinally';

export interface ScenarioTask {
  name: string;
  section: 'tasks' | 'finally';
  runAfter: string[];
  /** Tasks whose result it takes as a param, in this order. */
  takes: string[];
  /** A guard that lets it run or not: over a literal, or over the result of a task that has one run. */
  guard: { lets: boolean; of: string | undefined } | undefined;
  /** How many runs: one, a number, or as many as the array result of a task has items. */
  width: 'single' | number | { of: string };
  ignoresFailure: boolean;
  /** Whether its runs write their results. */
  makes: boolean;
  /** Items of its array result. */
  items: number;
  /** Attempts that fail before the last one. */
  retries: number;
  /** By run; a task that fans out further has the last one's. */
  fates: Fate[];
}

export interface Scenario {
  tasks: ScenarioTask[];
  timeouts: { pipeline?: number; tasks?: number; finally?: number };
  /** What a user asks for, and after how many events. */
  asks: { what: Asked; after: number } | undefined;
}

const FATES: [Fate, number][] = [
  ['succeeded', 0.93],
  ['failed', 0.06],
  ['cancelled', 0.01],
];

/** A pipeline of up to `max` tasks, and what happens to it. `random` gives numbers in [0, 1). */
export function randomScenario(random: () => number, max: number): Scenario {
  const isBelow = (chance: number): boolean => random() < chance;
  const upTo = (n: number): number => Math.floor(random() * (n + 1));
  const tasks: ScenarioTask[] = [];
  const count = 1 + upTo(max - 1);
  const finallyCount = isBelow(0.5) ? upTo(Math.min(4, count - 1)) : 0;
  const density = random() * 0.25;
  const trouble = random(); // how often things go wrong in this one
  for (let i = 0; i < count; i++) {
    const section = i < count - finallyCount ? 'tasks' : 'finally';
    const earlier = tasks.filter((task) => task.section === 'tasks');
    const some = (chance: number): string[] => earlier.filter(() => isBelow(chance)).map(({ name }) => name);
    const single = earlier.filter(({ width }) => width === 'single').map(({ name }) => name);
    const one = (of: string[]): string | undefined => of[upTo(of.length - 1)];
    const fate = (): Fate => {
      let left = random() / (0.5 + trouble);
      for (const [name, share] of FATES) if ((left -= share) < 0) return name;
      return 'failed';
    };
    const arrays = one(single);
    tasks.push({
      name: `t${i}`,
      section,
      runAfter: section === 'tasks' ? some(density) : [],
      takes: some(density / 2),
      guard: isBelow(0.15 * trouble) ? { lets: isBelow(0.5), of: isBelow(0.5) ? one(single) : undefined } : undefined,
      width: isBelow(0.85) ? 'single' : isBelow(0.4) && arrays !== undefined ? { of: arrays } : upTo(3),
      ignoresFailure: isBelow(0.2),
      makes: !isBelow(0.05 * trouble),
      items: upTo(3),
      retries: isBelow(0.1) ? 1 + upTo(1) : 0,
      fates: [fate(), fate(), fate()],
    });
  }
  const limit = (): number => (1 + upTo(count)) * 10_000;
  return {
    tasks,
    timeouts: isBelow(0.3) ? randomTimeouts(limit, isBelow) : {},
    asks: isBelow(0.25) ? { what: pick(random, ASKS), after: upTo(count) } : undefined,
  };
}

const ASKS: readonly Asked[] = ['Cancelled', 'CancelledRunFinally', 'StoppedRunFinally'];

function pick<T>(random: () => number, of: readonly T[]): T {
  return of[Math.floor(random() * of.length)]!;
}

function randomTimeouts(limit: () => number, isBelow: (chance: number) => boolean): Scenario['timeouts'] {
  const tasks = isBelow(0.6) ? limit() : undefined;
  const last = isBelow(0.4) ? limit() : undefined;
  const rest = (tasks ?? 0) + (last ?? 0) + 20_000;
  return {
    ...(isBelow(0.6) ? { pipeline: rest + limit() } : {}),
    ...(tasks === undefined ? {} : { tasks }),
    ...(last === undefined ? {} : { finally: last }),
  };
}

/** What one run writes as its result `r`. */
export function resultOf(task: string, run: number): string {
  return `${task}.${run}`;
}

/** The items of the array result `list`. */
export function itemsOf({ name, items }: ScenarioTask): string[] {
  return Array.from({ length: items }, (_, i) => `${name}/${i}`);
}

/** The scenario as the pipeline that a user would write. */
export function pipelineOf({ tasks }: Scenario): PipelineSpec {
  const of = (section: ScenarioTask['section']): PipelineTask[] =>
    tasks.filter((task) => task.section === section).map((task) => pipelineTaskOf(task, tasks));
  return { tasks: of('tasks'), finally: of('finally') };
}

function pipelineTaskOf(task: ScenarioTask, all: readonly ScenarioTask[]): PipelineTask {
  const matrix = matrixOf(task);
  const params = task.takes.map((from): Param => {
    const isFanned = all.find(({ name }) => name === from)!.width !== 'single';
    return isFanned
      ? { name: from, value: [`$(tasks.${from}.results.r[*])`] }
      : { name: from, value: `<$(tasks.${from}.results.r)>` };
  });
  if (task.section === 'finally') params.push({ name: 'states', value: statesOf(all) });
  return {
    name: task.name,
    ...(task.runAfter.length === 0 ? {} : { runAfter: task.runAfter }),
    ...(params.length === 0 ? {} : { params }),
    ...(task.guard === undefined ? {} : { when: [guardOf(task.guard)] }),
    ...(matrix === undefined ? {} : { matrix }),
    ...(task.ignoresFailure ? { onError: 'continue' } : {}),
    ...(task.retries === 0 ? {} : { retries: task.retries }),
    taskSpec: { results: [{ name: 'r' }, { name: 'list', type: 'array' }], steps: [{ image: 'x', script: 'true' }] },
  };
}

function statesOf(all: readonly ScenarioTask[]): string {
  const dag = all.filter(({ section }) => section === 'tasks');
  return ['$(tasks.status)', ...dag.map(({ name }) => `$(tasks.${name}.status)`)].join(' ');
}

function guardOf({ lets, of }: NonNullable<ScenarioTask['guard']>): WhenExpression {
  if (of === undefined) return { input: 'a', operator: lets ? 'in' : 'notin', values: ['a'] };
  return { input: `$(tasks.${of}.results.r)`, operator: lets ? 'in' : 'notin', values: [resultOf(of, 0)] };
}

function matrixOf({ width }: ScenarioTask): Matrix | undefined {
  if (width === 'single') return undefined;
  const value =
    typeof width === 'number'
      ? Array.from({ length: width }, (_, i) => `v${i}`)
      : `$(tasks.${width.of}.results.list[*])`;
  return { params: [{ name: 'v', value }] };
}
