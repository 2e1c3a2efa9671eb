// Variables of a task: what `$(…)` stands for in its steps, sidecars, volumes and workspaces.
//
//   V1. Params first, everything else after, so that a param's value may name a context variable: Tekton's two passes.
//   V2. The params of a task do not reach into the StepActions that its steps refer to.
//   V3. `spec.params` and `spec.results` stay as they are: they declare, they do not use.

import {
  POD_PATHS,
  emptyReplacements,
  layered,
  paramReplacements,
  substituteDeep,
  substituteStep,
  type MutableReplacements,
  type Param,
  type ParamSpec,
  type Replacements,
  type TaskRun,
  type TaskSpec,
  type WorkspaceBinding,
  type WorkspaceDeclaration,
} from '@slipway/contracts';
import { mountPathOf } from './workspaces.js';

export interface VariableSources {
  taskRun: TaskRun;
  /** Name of the Task, or of the TaskRun when the task is inline. */
  taskName: string;
  /** Volume name of each bound workspace. */
  workspaceVolumes: ReadonlyMap<string, string>;
  bindings: readonly WorkspaceBinding[];
  /** `resources.inputs.x.url` and its older spellings. */
  resources: Readonly<Record<string, string>>;
  /** Positions of the steps whose params are replaced already. */
  scopedSteps?: ReadonlySet<number>;
}

/** The task with every variable that is known replaced. */
export function applyVariables(spec: TaskSpec, sources: VariableSources): TaskSpec {
  const withParams = keepScoped(spec, applyParams(spec, sources.taskRun.spec.params, spec.params), sources); // V1
  const second = layered(
    contextReplacements(sources.taskName, sources.taskRun),
    pathReplacements(withParams),
    workspaceReplacements(declaredOrBound(withParams.workspaces ?? [], sources.bindings), sources),
    { ...emptyReplacements(), strings: new Map(Object.entries(sources.resources)) },
  );
  return applyIsolatedPaths(withParams, second);
}

/** The task with its params replaced: the run's values, else the declared defaults. */
export function applyParams(
  spec: TaskSpec,
  params: readonly Param[] | undefined,
  declared: readonly ParamSpec[] | undefined,
): TaskSpec {
  return applyToUses(spec, paramReplacements(params, declared));
}

function keepScoped(before: TaskSpec, after: TaskSpec, { scopedSteps }: VariableSources): TaskSpec {
  if (scopedSteps === undefined || scopedSteps.size === 0 || after.steps === undefined) return after;
  return { ...after, steps: after.steps.map((step, i) => (scopedSteps.has(i) ? before.steps![i]! : step)) }; // V2
}

/** The run's workspaces with their variables replaced: params, and then the context. */
export function boundWorkspaces(taskRun: TaskRun, task: { name: string; spec: TaskSpec }): WorkspaceBinding[] {
  const withParams = substituteDeep(
    taskRun.spec.workspaces ?? [],
    paramReplacements(taskRun.spec.params, task.spec.params),
  );
  return substituteDeep(withParams, contextReplacements(task.name, taskRun)); // V1
}

/** `context.taskRun.*`, `context.task.*`. */
export function contextReplacements(taskName: string, taskRun: TaskRun): MutableReplacements {
  const { metadata, status } = taskRun;
  return fromStrings({
    'context.taskRun.name': metadata.name ?? '',
    'context.taskRun.namespace': metadata.namespace ?? '',
    'context.taskRun.uid': metadata.uid ?? '',
    'context.task.name': taskName,
    'context.task.retry-count': String(status?.retriesStatus?.length ?? 0),
  });
}

/** Paths of results, exit codes, credentials and artifacts. */
export function pathReplacements(spec: TaskSpec): MutableReplacements {
  const strings: Record<string, string> = {
    'credentials.path': POD_PATHS.creds,
    'artifacts.path': `${POD_PATHS.artifacts}/provenance.json`,
  };
  for (const { name } of spec.results ?? []) {
    for (const spelling of [`results.${name}`, `results["${name}"]`, `results['${name}']`]) {
      strings[`${spelling}.path`] = `${POD_PATHS.results}/${name}`;
    }
  }
  spec.steps?.forEach((step, i) => {
    const container = stepContainerName(step.name, i);
    strings[`steps.${container}.exitCode.path`] = `${POD_PATHS.steps}/${container}/exitCode`;
  });
  return fromStrings(strings);
}

/** `workspaces.<name>.path`, `.bound`, `.claim` and `.volume`. */
export function workspaceReplacements(
  declarations: readonly WorkspaceDeclaration[],
  sources: Pick<VariableSources, 'workspaceVolumes' | 'bindings'>,
): MutableReplacements {
  const strings: Record<string, string> = {};
  for (const declaration of declarations) {
    const bound = sources.bindings.find((binding) => binding.name === declaration.name);
    const prefix = `workspaces.${declaration.name}`;
    const missing = declaration.optional === true && bound === undefined;
    strings[`${prefix}.bound`] = String(!missing);
    strings[`${prefix}.path`] = missing ? '' : mountPathOf(declaration);
    strings[`${prefix}.claim`] = bound?.persistentVolumeClaim?.claimName ?? '';
    strings[`${prefix}.volume`] = sources.workspaceVolumes.get(declaration.name) ?? '';
  }
  return fromStrings(strings);
}

/** An inline task may use workspaces that only the run names. */
function declaredOrBound(
  declarations: readonly WorkspaceDeclaration[],
  bindings: readonly WorkspaceBinding[],
): WorkspaceDeclaration[] {
  const declared = new Set(declarations.map(({ name }) => name));
  return [...declarations, ...bindings.filter(({ name }) => !declared.has(name)).map(({ name }) => ({ name }))];
}

/** `step-<name>`, or `step-unnamed-<index>`. */
export function stepContainerName(name: string | undefined, index: number): string {
  return name === undefined || name === '' ? `step-unnamed-${index}` : `step-${name}`;
}

/** In a step that mounts a workspace at a path of its own, `workspaces.<name>.path` is that path. */
function applyIsolatedPaths(spec: TaskSpec, replacements: Replacements): TaskSpec {
  const own = (uses: readonly { name: string; mountPath?: string }[] | undefined): Record<string, string> =>
    Object.fromEntries(
      (uses ?? [])
        .filter((use) => use.mountPath !== undefined && use.mountPath !== '')
        .map((use) => [`workspaces.${use.name}.path`, use.mountPath!]),
    );
  const steps = spec.steps?.map((step, i) => {
    const container = stepContainerName(step.name, i);
    const results = (step.results ?? []).map(({ name }) => [
      `step.results.${name}.path`,
      `${POD_PATHS.steps}/${container}/results/${name}`,
    ]);
    const layer = fromStrings({
      ...own(step.workspaces),
      ...(Object.fromEntries(results) as Record<string, string>),
      'step.artifacts.path': `${POD_PATHS.steps}/${container}/artifacts/provenance.json`,
    });
    return substituteStep(step, layered(layer, replacements));
  });
  const sidecars = spec.sidecars?.map((sidecar) =>
    substituteDeep(sidecar, layered(fromStrings(own(sidecar.workspaces)), replacements)),
  );
  return {
    ...applyToUses(spec, replacements),
    ...(steps === undefined ? {} : { steps }),
    ...(sidecars === undefined ? {} : { sidecars }),
  };
}

function applyToUses(spec: TaskSpec, replacements: Replacements): TaskSpec {
  const { params, results, description, displayName, resources, steps, ...uses } = spec; // V3
  return {
    ...substituteDeep(uses, replacements),
    ...(steps === undefined ? {} : { steps: steps.map((step) => substituteStep(step, replacements)) }),
    ...(params === undefined ? {} : { params }),
    ...(results === undefined ? {} : { results }),
    ...(description === undefined ? {} : { description }),
    ...(displayName === undefined ? {} : { displayName }),
    ...(resources === undefined ? {} : { resources }),
  };
}

function fromStrings(strings: Readonly<Record<string, string>>): MutableReplacements {
  return { ...emptyReplacements(), strings: new Map(Object.entries(strings)) };
}
