// Templates put into a Build: what is left is a Build of steps alone.
//
//   T1. Pure: the same Build and templates give the same steps, byte for byte.
//   T2. Several templates follow one another in the order of the Build; each has its own arguments and its own env.
//   T3. A volume of the Build stands in for one of the same name of a template. Two templates that mean different
//       volumes by one name cannot share a pod: that is refused, never guessed.

import {
  nestedPlaceholders,
  replaceInEnv,
  replaceInStep,
  replaceInVolume,
  type Placeholders,
} from './build-substitution.js';
import type {
  BuildSpec,
  BuildStep,
  BuildTemplateSpec,
  TemplateArgument,
  TemplateParameter,
  TemplateUse,
} from './knative-build.js';
import type { EnvVar, Volume } from './pod.js';

/** A template as one Build uses it. */
export interface UsedTemplate {
  use: TemplateUse;
  template: BuildTemplateSpec;
}

/** Why a Build cannot use its templates: Knative Build's inner reason, and its words. */
export interface TemplateRefusal {
  reason: 'DuplicateArgName' | 'UnsatisfiedParameter' | 'NestedPlaceholder' | 'DuplicateVolume';
  message: string;
}

/** A Build whose steps are all its own. */
export type FlatBuild = Omit<BuildSpec, 'template' | 'steps'> & { steps: BuildStep[] };

/** A Build without templates comes back as it is, with its own steps. Templates come after them, one after the other. */
export function applyTemplates(spec: BuildSpec, templates: readonly UsedTemplate[]): FlatBuild | TemplateRefusal {
  const rest: BuildSpec = { ...spec };
  delete rest.template;
  const steps = [...(spec.steps ?? [])];
  const volumes = new Map<string, { volume: Volume; isOwn: boolean }>();
  for (const volume of spec.volumes ?? []) {
    const replaced = spec.template === undefined ? volume : replaceInVolume(volume, lookupOf(templates[0]));
    volumes.set(replaced.name, { volume: replaced, isOwn: true });
  }
  for (const used of templates) {
    const refusal = templateRefusal(used);
    if (refusal !== undefined) return refusal;
    const values = lookupOf(used);
    const own = (used.template.steps ?? []).map((step) => appliedStep(step, used.use.env ?? [], values));
    const earlier = new Set(steps.map(({ name }) => name));
    const taken = new Set([...earlier, ...own.map(({ name }) => name)]);
    steps.push(...own.map((step) => (earlier.has(step.name) ? renamed(step, used.use.name, taken) : step))); // T2
    for (const volume of used.template.volumes ?? []) {
      const replaced = replaceInVolume(volume, values);
      const known = volumes.get(replaced.name);
      if (known === undefined) volumes.set(replaced.name, { volume: replaced, isOwn: false });
      else if (!known.isOwn && !isSame(known.volume, replaced)) return differentVolumes(replaced.name); // T3
    }
  }
  return {
    ...rest,
    steps,
    ...(volumes.size === 0 ? {} : { volumes: [...volumes.values()].map(({ volume }) => volume) }),
  };
}

/** What is wrong with the use of one template; undefined when nothing is. */
export function templateRefusal({ use, template }: UsedTemplate): TemplateRefusal | undefined {
  const repeated = duplicateArgument(use.arguments ?? []);
  if (repeated !== undefined) {
    return { reason: 'DuplicateArgName', message: `duplicate argument name ${JSON.stringify(repeated)}` };
  }
  const missing = unsatisfied(template.parameters ?? [], use.arguments ?? []);
  if (missing.length > 0) {
    const words = missing.map(({ name, description = '' }) => `{${name} ${description}}`).join(' '); // as Go prints it
    return {
      reason: 'UnsatisfiedParameter',
      message: `build does not specify these required parameters: [${words}]`,
    };
  }
  const [nested] = (template.steps ?? []).flatMap(nestedPlaceholders);
  return nested === undefined ? undefined : { reason: 'NestedPlaceholder', message: nested.message };
}

/** Parameters that have no default and were not given, in the order of the template. */
function unsatisfied(
  parameters: readonly TemplateParameter[],
  given: readonly TemplateArgument[],
): TemplateParameter[] {
  const names = new Set(given.map(({ name }) => name));
  return parameters.filter((parameter) => parameter.default === undefined && !names.has(parameter.name));
}

function duplicateArgument(given: readonly TemplateArgument[]): string | undefined {
  const seen = new Set<string>();
  for (const { name } of given) {
    if (seen.has(name)) return name;
    seen.add(name);
  }
  return undefined;
}

/** Arguments over defaults. Arguments that the template does not declare count too. */
function lookupOf(used: UsedTemplate | undefined): Placeholders {
  const values = new Map<string, string>();
  for (const parameter of used?.template.parameters ?? []) {
    if (parameter.default !== undefined) values.set(parameter.name, parameter.default);
  }
  for (const { name, value } of used?.use.arguments ?? []) values.set(name, value);
  return values;
}

function appliedStep(step: BuildStep, env: readonly EnvVar[], values: Placeholders): BuildStep {
  const replaced = replaceInStep(step, values);
  if (env.length === 0) return replaced;
  const over = new Set(env.map(({ name }) => name));
  const kept = (replaced.env ?? []).filter(({ name }) => !over.has(name));
  return { ...replaced, env: [...kept, ...replaceInEnv(env, values)] };
}

/** A step whose name an earlier template took: its own template's name comes before it, then a number after it. */
function renamed(step: BuildStep, template: string, taken: ReadonlySet<string | undefined>): BuildStep {
  if (step.name === undefined || step.name === '') return step;
  const base = `${template}-${step.name}`;
  let name = base;
  for (let n = 2; taken.has(name); n++) name = `${base}-${n}`;
  return { ...step, name };
}

function differentVolumes(name: string): TemplateRefusal {
  const message = `two templates declare different volumes ${JSON.stringify(name)}; declare it in the Build to say which is meant`;
  return { reason: 'DuplicateVolume', message };
}

function isSame(one: Volume, other: Volume): boolean {
  return JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) => [key, sorted(item)] as const);
  return Object.fromEntries(entries.sort(([one], [other]) => (one < other ? -1 : 1)));
}
