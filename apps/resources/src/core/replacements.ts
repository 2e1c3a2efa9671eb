// Values for `$(resources.inputs.<name>.<key>)` and the older `$(inputs.resources.<name>.<key>)`, outputs alike.

import type { ResourcePlanRequest } from '@slipway/contracts';
import { param, type BoundResource } from './bound-resource.js';
import { RESOURCE_TYPES } from './resource-types.js';

type Direction = 'inputs' | 'outputs';

/**
 * A Condition asks for its resources without saying `inputs`: `$(resources.<name>.<key>)`.
 *
 * An output is also found under `inputs` where no input has its name: tasks of 2020 ask for it there. A resource that is
 * optional and not bound has empty values, so that a script can tell.
 */
export function replacementsOf(
  declared: ResourcePlanRequest['declared'],
  inputs: readonly BoundResource[],
  outputs: readonly BoundResource[],
): Record<string, string> {
  const values: Record<string, string> = {};
  const put = (directions: readonly Direction[], name: string, own: Record<string, string>): void => {
    for (const direction of directions) {
      for (const [key, value] of Object.entries(own)) {
        values[`resources.${direction}.${name}.${key}`] = value;
        values[`${direction}.resources.${name}.${key}`] = value;
        if (direction === 'inputs') values[`resources.${name}.${key}`] = value;
      }
    }
  };
  for (const { name, type } of declared.outputs ?? []) put(['outputs', 'inputs'], name, emptyValues(type));
  for (const { name, type } of declared.inputs ?? []) put(['inputs'], name, emptyValues(type));
  const isInput = (name: string): boolean => declared.inputs?.some((input) => input.name === name) === true;
  for (const output of outputs) {
    const { name } = output.declared;
    put(isInput(name) ? ['outputs'] : ['outputs', 'inputs'], name, valuesOf(output));
  }
  for (const input of inputs) put(['inputs'], input.declared.name, valuesOf(input));
  return values;
}

function emptyValues(type: string): Record<string, string> {
  const variables = Object.keys(RESOURCE_TYPES.get(type)?.variables ?? {});
  return Object.fromEntries(['name', 'type', 'path', ...variables].map((key) => [key, '']));
}

/** Params that the type does not know can be asked for by their own names. */
function valuesOf({ resourceName, spec, path }: BoundResource): Record<string, string> {
  const known = Object.entries(RESOURCE_TYPES.get(spec.type)?.variables ?? {});
  const values: Record<string, string> = { name: resourceName, type: spec.type, path };
  for (const { name, value } of spec.params ?? []) values[name] = value;
  for (const [variable, name] of known) values[variable] = param(spec, name) ?? '';
  return { ...values, name: resourceName, type: spec.type, path };
}
