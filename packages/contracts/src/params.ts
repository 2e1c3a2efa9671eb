// Params: the values that a run gives, the defaults that a spec declares, and the variables that both make.

import { emptyReplacements, substituteDeep, type MutableReplacements, type Replacements } from './substitution.js';
import type { Param, ParamSpec, ParamType, ParamValue, Step, TaskSpec } from './tekton.js';
import { substituteWhen } from './when.js';

/** `string`, `array` or `object`: what a value is, as opposed to what a spec says it should be. */
export function typeOfValue(value: ParamValue): ParamType {
  if (typeof value === 'string') return 'string';
  return Array.isArray(value) ? 'array' : 'object';
}

/** The declared type of a param; where none is given it follows from `properties`, then from the default. */
export function typeOfSpec(spec: Pick<ParamSpec, 'type' | 'properties' | 'default'>): ParamType {
  if (spec.type !== undefined) return spec.type;
  if (spec.properties !== undefined) return 'object';
  return spec.default === undefined ? 'string' : typeOfValue(spec.default);
}

/**
 * The variables of params in every spelling: `params.x`, `params['x']`, `params["x"]`, the 2019 `inputs.params.x`,
 * each with `[i]` for arrays; `params.x.key` for objects.
 *
 * Shape  `specs` give the defaults; a value hides its default. The keys that an object value leaves out keep their
 *        default, as in Tekton.
 */
export function paramReplacements(
  params: readonly Param[] | undefined,
  specs: readonly ParamSpec[] | undefined,
): MutableReplacements {
  const replacements = emptyReplacements();
  const given = new Map<string, ParamValue>();
  for (const param of params ?? []) given.set(param.name, param.value);
  for (const spec of specs ?? []) {
    if (spec.default === undefined) continue;
    const value = given.get(spec.name);
    if (value === undefined) addParam(replacements, spec.name, spec.default);
    else if (typeOfValue(value) === 'object' && typeOfValue(spec.default) === 'object') {
      given.set(spec.name, { ...(spec.default as object), ...(value as object) });
    }
  }
  for (const [name, value] of given) addParam(replacements, name, value);
  return replacements;
}

/** Adds the variables of one param, over what was there of that name. */
function addParam(replacements: MutableReplacements, name: string, value: ParamValue): void {
  for (const spelling of [`params.${name}`, `params["${name}"]`, `params['${name}']`, `inputs.params.${name}`]) {
    if (typeof value === 'string') {
      replacements.strings.set(spelling, value);
    } else if (Array.isArray(value)) {
      replacements.arrays.set(spelling, value);
      value.forEach((item, i) => replacements.strings.set(`${spelling}[${i}]`, item));
    } else {
      replacements.objects.set(spelling, value);
    }
  }
  if (typeof value === 'string' || Array.isArray(value)) return;
  for (const [key, item] of Object.entries(value)) replacements.strings.set(`params.${name}.${key}`, item);
}

/** A step with variables replaced; in its guards as guards need it, so that no value changes an expression. */
export function substituteStep<S extends Partial<Step>>(step: S, replacements: Replacements): S {
  const replaced = substituteDeep(step, replacements);
  return step.when === undefined ? replaced : { ...replaced, when: substituteWhen(step.when, replacements) };
}

/**
 * A task's spec with variables replaced where Tekton replaces them: steps, step template, sidecars, volumes and the
 * mount paths of workspaces. Declarations (params, results, descriptions) stay.
 */
export function substituteTaskSpec<Spec extends TaskSpec>(spec: Spec, replacements: Replacements): Spec {
  const { steps, stepTemplate, sidecars, volumes, workspaces } = spec;
  const replaced = substituteDeep(
    { stepTemplate, sidecars, volumes, mountPaths: workspaces?.map(({ mountPath }) => mountPath ?? '') },
    replacements,
  );
  return {
    ...spec,
    ...(steps === undefined ? {} : { steps: steps.map((step) => substituteStep(step, replacements)) }),
    ...(stepTemplate === undefined ? {} : { stepTemplate: replaced.stepTemplate }),
    ...(sidecars === undefined ? {} : { sidecars: replaced.sidecars }),
    ...(volumes === undefined ? {} : { volumes: replaced.volumes }),
    ...(workspaces === undefined
      ? {}
      : {
          workspaces: workspaces.map((workspace, i) =>
            workspace.mountPath === undefined ? workspace : { ...workspace, mountPath: replaced.mountPaths![i]! },
          ),
        }),
  };
}
