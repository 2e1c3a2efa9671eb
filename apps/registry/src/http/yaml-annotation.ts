// Annotations that hold YAML, as they come in.

import { asSlipwayError, type FieldProblem, type KubeObject } from '@slipway/contracts';
import { plainYaml } from '@slipway/yaml';

/** What is wrong with the annotation of that name; nothing where the object has none. `check` gets what it holds. */
export function yamlAnnotationProblems(
  name: string,
  { metadata }: KubeObject,
  check: (value: unknown, field: string) => FieldProblem[],
): FieldProblem[] {
  const text = metadata.annotations?.[name];
  const field = `metadata.annotations[${name}]`;
  if (text === undefined) return [];
  try {
    return check(plainYaml(text, `the annotation ${name}`), field);
  } catch (thrown) {
    return [{ field, reason: 'FieldValueInvalid', message: asSlipwayError(thrown).message }];
  }
}

/** An annotation that did not change is not looked at again. */
export function isSameAnnotation(name: string, object: KubeObject, old: KubeObject | undefined): boolean {
  return object.metadata.annotations?.[name] === old?.metadata.annotations?.[name];
}
