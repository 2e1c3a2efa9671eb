// StepActions: what a step becomes whose `ref` names one.
//
//   A1. A StepAction sees its own params only. What it says is replaced once, here; the params of the task never reach
//       it but through `steps[].params`, whatever names and texts the two share.
//   A2. Other variables (workspaces, context, results) are the task's, and replaced where those of other steps are.
//
// Source: tektoncd/pipeline pkg/reconciler/taskrun/resources, resolveStepRef and applyStepActionParameters.

import {
  SlipwayError,
  emptyReplacements,
  layered,
  paramReplacements,
  substitute,
  substituteDeep,
  substituteStep,
  substituteValue,
  typeOfSpec,
  typeOfValue,
  type Param,
  type ParamSpec,
  type ParamValue,
  type Replacements,
  type Step,
  type StepActionSpec,
} from '@slipway/contracts';

/** `$(steps.<step>.results.<result>)`, with `[*]`, `[i]` or `.key` behind it. */
const STEP_RESULT = /^\$\(steps\.([^.()]+)\.results\.([^.[\]()]+)(?:\[(?:\*|\d+)\]|\.[^()]+)?\)$/;

/**
 * The step with its StepAction in it: nothing is left of `ref` and `params`.
 *
 * Shape   `outer` are the params of the task and its run: the values of the step's params may use them.
 * Errors  SlipwayError('invalid', …) in Tekton's words when the step's params do not fit the StepAction's.
 */
export function stepOfAction(step: Step, action: StepActionSpec, outer: Replacements): Step {
  const { params = [], ...own } = step;
  delete own.ref;
  const given = params.map(({ name, value }) => ({ name, value: substituteValue(value, outer) }));
  const declared = action.params ?? [];
  checkNames(given, declared);
  const inner = actionReplacements(given, declared);
  const { command, args, script, env, volumeMounts, results, image, securityContext, workingDir } = action;
  const replaced = substituteDeep(
    { image, securityContext, workingDir, command, args, script, env, volumeMounts },
    inner,
  );
  return {
    ...substituteStep(own, outer),
    ...defined({ image: replaced.image, securityContext: replaced.securityContext, workingDir: replaced.workingDir }),
    ...(command?.length ? { command: replaced.command! } : {}),
    ...(args?.length ? { args: replaced.args! } : {}),
    ...(script ? { script: replaced.script! } : {}),
    ...(env === undefined ? {} : { env: replaced.env! }),
    ...(volumeMounts?.length ? { volumeMounts: replaced.volumeMounts! } : {}),
    ...(results?.length ? { results } : {}),
  };
}

function checkNames(given: readonly Param[], declared: readonly ParamSpec[]): void {
  const extra = given.map(({ name }) => name).filter((name) => !declared.some((spec) => spec.name === name));
  if (extra.length > 0) throw invalid(`extra params passed by Step to StepAction: [${extra.join(' ')}]`);
  const missing = declared
    .filter((spec) => spec.default === undefined && !given.some(({ name }) => name === spec.name))
    .map(({ name }) => name);
  if (missing.length > 0) throw invalid(`non-existent params in Step: [${missing.join(' ')}]`);
}

/** The values of the step over the defaults of the StepAction; results of other steps keep their variables. */
function actionReplacements(given: readonly Param[], declared: readonly ParamSpec[]): Replacements {
  for (const spec of declared)
    checkType(
      spec,
      given.find(({ name }) => name === spec.name),
    );
  const defaults = withResolvedDefaults(declared, given).map((spec) => ({ name: spec.name, value: spec.default! }));
  // The keys that an object leaves out keep their defaults; of arrays and strings nothing is kept.
  const below = defaults.filter(
    ({ name, value }) => typeOfValue(value) === 'object' || !given.some((param) => param.name === name),
  );
  return layered(
    stepResultReplacements(given, declared),
    paramReplacements(given, undefined),
    paramReplacements(below, undefined),
  );
}

/** A string where the StepAction has an array by default, or the other way round. */
function checkType(spec: ParamSpec, param: Param | undefined): void {
  if (param === undefined || spec.default === undefined || stepResultOf(param) !== undefined) return;
  const types = [typeOfValue(spec.default), typeOfValue(param.value)];
  if (types.includes('array') && types.includes('string')) {
    throw invalid(
      `invalid parameter substitution: ${spec.name}. Please check the types of the default value and the passed value`,
    );
  }
}

/** Defaults with the params that they name replaced: those first that name none, then those that name these. */
function withResolvedDefaults(declared: readonly ParamSpec[], given: readonly Param[]): ParamSpec[] {
  const names = new Set(declared.map(({ name }) => name));
  const values = new Map<string, string>();
  for (const { name, value } of given) values.set(`params.${name}`, textOf(value));
  const resolved: ParamSpec[] = [];
  let open = declared.filter((spec) => spec.default !== undefined);
  while (open.length > 0) {
    const ready = open.filter((spec) => referencesOf(spec).every((name) => values.has(`params.${name}`)));
    if (ready.length === 0) throw unresolvable(open, names);
    for (const spec of ready) {
      const { name, default: text } = spec;
      const value = typeof text === 'string' ? substitute(text, { strings: values }) : text!;
      resolved.push({ ...spec, default: value });
      if (!values.has(`params.${name}`)) values.set(`params.${name}`, textOf(value));
    }
    open = open.filter((spec) => !ready.includes(spec));
  }
  return resolved;
}

function textOf(value: ParamValue): string {
  return typeof value === 'string' ? value : '';
}

function referencesOf({ default: text }: ParamSpec): string[] {
  if (typeof text !== 'string') return [];
  return [...text.matchAll(/\$\(params\.([^()]+)\)/g)].map((match) => match[1]!);
}

function unresolvable(open: readonly ParamSpec[], names: ReadonlySet<string>): SlipwayError {
  for (const spec of open) {
    const unknown = referencesOf(spec).find((name) => !names.has(name));
    if (unknown !== undefined) {
      return invalid(`parameter "${spec.name}" references non-existent parameter "${unknown}"`);
    }
  }
  return invalid('circular dependency detected in parameter references');
}

/**
 * A param whose value is another step's result: that value is known when the step begins, so each use of the param
 * becomes a use of the result, `$(params.p[1])` becoming `$(steps.s.results.r[1])`.
 */
function stepResultReplacements(given: readonly Param[], declared: readonly ParamSpec[]): Replacements {
  const uses = new Map<string, { spec: ParamSpec; value: string; result: string }>();
  for (const param of given) {
    const result = stepResultOf(param);
    const spec = declared.find(({ name }) => name === param.name);
    if (result !== undefined && spec !== undefined) {
      uses.set(param.name, { spec, value: param.value as string, result });
    }
  }
  if (uses.size === 0) return emptyReplacements();
  const get = (variable: string): string | undefined => {
    const use = useOf(variable);
    const found = use === undefined ? undefined : uses.get(use.param);
    if (use === undefined || found === undefined) return undefined;
    const type = typeOfSpec(found.spec);
    if (type === 'string') return use.behind === '' ? found.value : undefined;
    return use.behind.startsWith(type === 'array' ? '[' : '.') ? `$(${found.result}${use.behind})` : undefined;
  };
  return { ...emptyReplacements(), strings: { get } };
}

/** `steps.s.results.r` of a value that is such a variable and nothing else. */
function stepResultOf({ value }: Param): string | undefined {
  const match = typeof value === 'string' ? STEP_RESULT.exec(value) : null;
  return match === null ? undefined : `steps.${match[1]}.results.${match[2]}`;
}

/** `params.p`, `params['p'][0]`, `params.p.key`: the param, and what stands behind it. */
function useOf(variable: string): { param: string; behind: string } | undefined {
  const quoted = /^params\[(["'])(.+?)\1\](|\[(?:\*|\d+)\])$/.exec(variable);
  if (quoted !== null) return { param: quoted[2]!, behind: quoted[3]! };
  const plain = /^params\.([^.[\]]+)(|\[(?:\*|\d+)\]|\.[^[\]]+)$/.exec(variable);
  return plain === null ? undefined : { param: plain[1]!, behind: plain[2]! };
}

function defined(fields: { [Key in keyof Step]?: Step[Key] | undefined }): Partial<Step> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

function invalid(message: string): SlipwayError {
  return new SlipwayError('invalid', 'InvalidStepAction', message);
}
