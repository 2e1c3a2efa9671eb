// The graph of a pipeline's tasks: what each waits for, and why no order may exist.
//
//   G1. Time and space are linear in tasks and edges: 10,000 tasks compile in a fraction of a second.
//   G2. Names are keys of maps, never of plain objects: a task may be called `constructor`.
//   G3. `parents` and `children` hold only edges between tasks that exist; whatever is wrong is in `problems`.

import { parseResultReference, variablesOfPipelineTask, type ResultReference } from './result-references.js';
import type { PipelineTask } from './tekton.js';

/** Why a task waits for another: said by the user, or because it takes something the other makes. */
export type EdgeKind = 'runAfter' | 'from' | 'result';

export type GraphProblem =
  | { kind: 'duplicate-task'; task: string; message: string }
  | { kind: 'unknown-parent'; task: string; parent: string; why: EdgeKind; message: string }
  /** `cycle` names the tasks of one cycle in the order in which each waits for the next. */
  | { kind: 'cycle'; task: string; cycle: readonly string[]; message: string };

export interface PipelineGraph {
  /** In the order of the pipeline. */
  tasks: readonly string[];
  /** What each task waits for, sorted by name. Every task has an entry. */
  parents: ReadonlyMap<string, readonly string[]>;
  /** The tasks that wait for each task, in the order of the pipeline. Every task has an entry. */
  children: ReadonlyMap<string, readonly string[]>;
  /** The results that each task takes, in the order of its texts. Every task has an entry. */
  references: ReadonlyMap<string, readonly ResultReference[]>;
  /** Every task after all its parents. Tasks on or behind a cycle are left out. */
  order: readonly string[];
  /** Empty when the pipeline can run. The message of each is Tekton's. */
  problems: readonly GraphProblem[];
}

/** Builds the graph of `tasks` (or of `finally`, whose tasks have no edges), and finds all that is wrong with it. */
export function buildGraph(tasks: readonly PipelineTask[]): PipelineGraph {
  const problems: GraphProblem[] = [];
  const wanted = new Map<string, Edge[]>(); // G2
  const references = new Map<string, readonly ResultReference[]>();
  for (const task of tasks) {
    if (wanted.has(task.name)) {
      const message = `task ${task.name} is already present in Graph, can't add it again: duplicate pipeline task`;
      problems.push({ kind: 'duplicate-task', task: task.name, message });
    } else {
      const taken: ResultReference[] = [];
      wanted.set(task.name, edgesOf(task, taken));
      references.set(task.name, taken.length > 0 ? taken : NONE);
    }
  }
  const parents = new Map<string, string[]>();
  const children = new Map<string, string[]>([...wanted.keys()].map((name) => [name, []]));
  for (const [task, edges] of wanted) {
    const known: string[] = [];
    for (const { parent, why } of edges) {
      if (wanted.has(parent)) known.push(parent);
      else problems.push({ kind: 'unknown-parent', task, parent, why, message: unknownParent(task, parent) });
    }
    parents.set(task, known.length > 1 ? known.sort() : known);
    for (const parent of known) children.get(parent)!.push(task); // G3
  }
  const { order, waiting } = sortedByDependency(parents, children);
  if (waiting.size > 0) problems.push(cycleAmong(waiting, parents));
  return { tasks: [...wanted.keys()], parents, children, references, order, problems: problems.sort(byGravity) };
}

/** Tekton reports the first problem only; this is the order in which it looks. */
function byGravity(one: GraphProblem, other: GraphProblem): number {
  const looks = ['duplicate-task', 'cycle', 'unknown-parent'];
  return looks.indexOf(one.kind) - looks.indexOf(other.kind);
}

interface Edge {
  parent: string;
  why: EdgeKind;
}

/** Up to this many names are compared one by one: a set for each of 10,000 tasks costs more than the graph. */
const FEW = 16;

const NONE: readonly ResultReference[] = [];

/** The names a task waits for, each with the first reason found; the results that it takes are added to `taken`. */
function edgesOf(task: PipelineTask, taken: ResultReference[]): Edge[] {
  const edges: Edge[] = [];
  let known: Set<string> | undefined;
  const isKnown = (name: string): boolean => {
    if (edges.length < FEW) return edges.some(({ parent }) => parent === name);
    return (known ??= new Set(edges.map(({ parent }) => parent))).has(name); // G1
  };
  const add = (parent: string, why: EdgeKind): void => {
    if (isKnown(parent)) return;
    edges.push({ parent, why });
    known?.add(parent);
  };
  const addAll = (names: readonly string[] | undefined, why: EdgeKind): void => {
    if (Array.isArray(names)) for (const parent of names as readonly string[]) add(parent, why);
  };
  addAll(task.runAfter, 'runAfter');
  for (const input of task.resources?.inputs ?? []) addAll(input.from, 'from');
  for (const condition of task.conditions ?? []) {
    for (const resource of condition.resources ?? []) addAll(resource.from, 'from');
  }
  for (const expression of variablesOfPipelineTask(task)) {
    const reference = parseResultReference(expression);
    if (reference !== undefined) taken.push(reference);
    const producer = reference === undefined ? madeBy(expression) : reference.pipelineTask;
    if (producer !== undefined) add(producer, 'result');
  }
  return edges;
}

/** The task whose number of combinations or artifact an expression takes. */
function madeBy(expression: string): string | undefined {
  if (!expression.startsWith('tasks.')) return undefined;
  return /^tasks\.([^.]+)\.(?:matrix\.(?:[^.]+\.)?length|outputs\.[^.]+|inputs\.[^.]+)$/.exec(expression)?.[1];
}

interface Sorted {
  order: string[];
  /** The tasks that no order reaches, with the number of parents that they still wait for. */
  waiting: Map<string, number>;
}

function sortedByDependency(
  parents: ReadonlyMap<string, readonly string[]>,
  children: ReadonlyMap<string, readonly string[]>,
): Sorted {
  const waiting = new Map<string, number>();
  for (const [task, known] of parents) if (known.length > 0) waiting.set(task, known.length);
  const order = [...parents.keys()].filter((task) => !waiting.has(task));
  for (let next = 0; next < order.length; next++) {
    for (const child of children.get(order[next]!)!) {
      const left = waiting.get(child)! - 1;
      if (left > 0) {
        waiting.set(child, left);
      } else {
        waiting.delete(child);
        order.push(child);
      }
    }
  }
  return { order, waiting };
}

/** Tekton's sentence about the first task by name that can never start, and one whole cycle reached from it. */
function cycleAmong(
  waiting: ReadonlyMap<string, number>,
  parents: ReadonlyMap<string, readonly string[]>,
): GraphProblem {
  const blocking = (task: string): string[] => parents.get(task)!.filter((parent) => waiting.has(parent));
  let first: string | undefined;
  for (const task of waiting.keys()) if (first === undefined || task < first) first = task;
  const path: string[] = [];
  const place = new Map<string, number>();
  let task = first!;
  while (!place.has(task)) {
    place.set(task, path.length);
    path.push(task);
    task = blocking(task)[0]!;
  }
  const message = `cycle detected; task "${first}" depends on ${blocking(first!)
    .map((parent) => `"${parent}"`)
    .join(', ')}`;
  return { kind: 'cycle', task: first!, cycle: path.slice(place.get(task)), message };
}

function unknownParent(task: string, parent: string): string {
  const why = `task ${task} depends on ${parent} but ${parent} wasn't present in Pipeline`;
  return `couldn't add link between ${task} and ${parent}: ${why}`;
}
