// Whether a TaskRun can be run at all: its params and workspaces against what its task declares, in Tekton's words.

import {
  typeOfSpec,
  typeOfValue,
  type Param,
  type ParamSpec,
  type RefSource,
  type TaskRun,
  type TaskSpec,
} from '@slipway/contracts';
import { orderProblem } from './plain-order.js';
import { workspaceProblem } from './workspaces.js';

/** The task of a run, and where it came from. */
export interface ResolvedTask {
  /** Name of the Task; of the TaskRun when the task is inline. */
  name: string;
  spec: TaskSpec;
  inline: boolean;
  /** Where a definition that stands elsewhere came from. */
  refSource?: RefSource;
  /** Labels and annotations of the Task, which the run inherits. */
  labels: Readonly<Record<string, string>>;
  annotations: Readonly<Record<string, string>>;
  /** Positions of the steps that come from StepActions: their params are replaced already, and no other reach them. */
  scopedSteps?: ReadonlySet<number>;
  /** Where the StepActions came from that are not of this platform, by the position of their steps. */
  stepSources?: ReadonlyMap<number, RefSource>;
}

/** A definition that stands elsewhere is not there yet. */
export interface Awaiting {
  resolving: {
    /** Name of the ResolutionRequest whose answer is waited for. */
    request: string;
    /** Tekton's. */
    reason: 'ResolvingTaskRef' | 'ResolvingStepActionRef';
    message: string;
  };
}

/** Why a run ends before it starts. */
export interface Refusal {
  reason: string;
  message: string;
}

type Check = (taskRun: TaskRun, task: ResolvedTask) => Refusal | undefined;

/** In the order in which Tekton looks; the first that refuses is told. */
const CHECKS: readonly Check[] = [
  steps,
  missingParams,
  wrongTypes,
  missingKeys,
  unknownIndexes,
  enums,
  workspaces,
  stepOrder,
];

/** Why this run cannot start; undefined when it can. */
export function refusalOf(taskRun: TaskRun, task: ResolvedTask): Refusal | undefined {
  for (const check of CHECKS) {
    const refusal = check(taskRun, task);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

function steps(_: TaskRun, { name, spec }: ResolvedTask): Refusal | undefined {
  if ((spec.steps?.length ?? 0) > 0) return undefined;
  return { reason: 'TaskValidationFailed', message: `[User error] Task ${name} has no steps` };
}

function missingParams({ spec: run }: TaskRun, task: ResolvedTask): Refusal | undefined {
  const given = new Set((run.params ?? []).map(({ name }) => name));
  const missing = (task.spec.params ?? [])
    .filter((spec) => spec.default === undefined && !given.has(spec.name))
    .map(({ name }) => name);
  return missing.length === 0
    ? undefined
    : invalidParams(task, `missing values for these params which have no default values: ${list(missing)}`);
}

function wrongTypes({ spec: run }: TaskRun, task: ResolvedTask): Refusal | undefined {
  const wrong = paired(run.params, task.spec.params)
    .filter(({ param, spec }) => typeOfValue(param.value) !== typeOfSpec(spec) && !isWholeVariable(param))
    .map(({ param }) => param.name);
  return wrong.length === 0
    ? undefined
    : invalidParams(task, `param types don't match the user-specified type: ${list(wrong)}`);
}

function missingKeys({ spec: run }: TaskRun, task: ResolvedTask): Refusal | undefined {
  const missing = (task.spec.params ?? [])
    .filter((spec) => typeOfSpec(spec) === 'object')
    .flatMap((spec) => {
      const value = run.params?.find(({ name }) => name === spec.name)?.value;
      const given = { ...(spec.default as object | undefined), ...(typeof value === 'object' ? value : {}) };
      const lacking = Object.keys(spec.properties ?? {}).filter((key) => !(key in given));
      return lacking.length === 0 ? [] : [`${spec.name}:${list(lacking)}`];
    });
  return missing.length === 0
    ? undefined
    : invalidParams(
        task,
        `missing keys for these params which are required in ParamSpec's properties map[${missing.join(' ')}]`,
      );
}

/** `$(params.x[3])` of an array that is shorter. */
function unknownIndexes({ spec: run }: TaskRun, { spec }: ResolvedTask): Refusal | undefined {
  const lengths = new Map<string, number>();
  for (const declared of spec.params ?? []) note(lengths, declared.name, declared.default);
  for (const { name, value } of run.params ?? []) note(lengths, name, value);
  const text = JSON.stringify({ steps: spec.steps, sidecars: spec.sidecars, volumes: spec.volumes });
  const unknown = new Set<string>();
  for (const [reference, name, index] of text.matchAll(/\$\(params\.([\w.-]+)\[(\d+)\]\)/g)) {
    const length = lengths.get(name!);
    if (length !== undefined && Number(index) >= length) unknown.add(reference);
  }
  if (unknown.size === 0) return undefined;
  return userError(`non-existent param references:${list([...unknown])}`);
}

function enums({ spec: run }: TaskRun, { spec }: ResolvedTask): Refusal | undefined {
  for (const { name, enum: allowed, default: fallback } of spec.params ?? []) {
    const value = run.params?.find((param) => param.name === name)?.value ?? fallback;
    if (allowed === undefined || allowed.length === 0 || typeof value !== 'string' || allowed.includes(value)) continue;
    return {
      reason: 'InvalidParamValue',
      message: `[User error] param \`${name}\` value: ${value} is not in the enum list`,
    };
  }
  return undefined;
}

function workspaces(taskRun: TaskRun, { spec, inline }: ResolvedTask): Refusal | undefined {
  const problem = workspaceProblem(spec.workspaces ?? [], taskRun.spec.workspaces ?? [], inline);
  return problem === undefined ? undefined : userError(problem);
}

/** Ours: Tekton knows one order only. */
function stepOrder(taskRun: TaskRun, { spec, annotations }: ResolvedTask): Refusal | undefined {
  const problem = orderProblem({ ...annotations, ...taskRun.metadata.annotations }, taskRun, spec);
  return problem === undefined ? undefined : { reason: 'StepOrderUnsupported', message: problem };
}

function paired(params: readonly Param[] = [], specs: readonly ParamSpec[] = []): { param: Param; spec: ParamSpec }[] {
  return params.flatMap((param) => {
    const spec = specs.find(({ name }) => name === param.name);
    return spec === undefined ? [] : [{ param, spec }];
  });
}

/** A value such as `$(params.list[*])` gets its type when it is replaced. */
function isWholeVariable({ value }: Param): boolean {
  return typeof value === 'string' && /^\$\([^()]*\)$/.test(value);
}

function note(lengths: Map<string, number>, name: string, value: unknown): void {
  if (Array.isArray(value)) lengths.set(name, value.length);
}

function invalidParams({ name }: ResolvedTask, problem: string): Refusal {
  return userError(`invalid input params for task ${name}: ${problem}`);
}

function userError(problem: string): Refusal {
  return { reason: 'TaskRunValidationFailed', message: `[User error] ${problem}` };
}

function list(items: readonly string[]): string {
  return `[${items.join(' ')}]`;
}
