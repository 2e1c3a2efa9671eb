// `${NAME}` in Builds and their templates.
//
//   B1. One pass, whatever the order of the arguments: a value that holds `${OTHER}` stays as it was given.
//   B2. Exactly the fields of Knative Build: resources, ports, envFrom, valueFrom and the rest stay as they are written.
//   B3. Names that nobody gave stay: they are variables of a shell.
//   B4. `${A${B}}` is refused before it gets here (`nestedPlaceholders`): there is no order in which it means one thing.

import type { BuildStep } from './knative-build.js';
import type { EnvVar, Volume, VolumeMount } from './pod.js';
import { substituteBetween, type Lookup } from './substitution.js';

export type Placeholders = Lookup<string>;

/** Replaces every `${NAME}` of a text that has a value. */
export function replacePlaceholders(text: string, values: Placeholders): string {
  return substituteBetween('${', '}', text, values);
}

export function replaceInStep(step: BuildStep, values: Placeholders): BuildStep {
  const text = (field: string): string => replacePlaceholders(field, values);
  return {
    ...step,
    ...mapped(step, 'name', text),
    ...mapped(step, 'image', text),
    ...mapped(step, 'workingDir', text),
    ...mapped(step, 'command', (items) => items.map(text)),
    ...mapped(step, 'args', (items) => items.map(text)),
    ...mapped(step, 'env', (env) => replaceInEnv(env, values)),
    ...mapped(step, 'volumeMounts', (mounts) => mounts.map((mount) => replaceInMount(mount, text))),
  };
}

/** Values only: what a variable is called, and where else it comes from, is not text of the template. */
export function replaceInEnv(env: readonly EnvVar[], values: Placeholders): EnvVar[] {
  return env.map((one) => ({ ...one, ...mapped(one, 'value', (text) => replacePlaceholders(text, values)) }));
}

export function replaceInVolume(volume: Volume, values: Placeholders): Volume {
  const text = (field: string): string => replacePlaceholders(field, values);
  return {
    ...volume,
    name: text(volume.name),
    ...mapped(volume, 'persistentVolumeClaim', (claim) => ({ ...claim, ...mapped(claim, 'claimName', text) })),
    ...mapped(volume, 'configMap', (configMap) => ({ ...configMap, ...mapped(configMap, 'name', text) })),
    ...mapped(volume, 'secret', (secret) => ({ ...secret, ...mapped(secret, 'secretName', text) })),
  };
}

function replaceInMount(mount: VolumeMount, text: (field: string) => string): VolumeMount {
  return {
    ...mount,
    ...mapped(mount, 'name', text),
    ...mapped(mount, 'mountPath', text),
    ...mapped(mount, 'subPath', text),
  };
}

/** One field of an object made anew; nothing where the object does not have it. */
function mapped<T extends object, K extends keyof T>(
  owner: T,
  key: K,
  map: (value: NonNullable<T[K]>) => T[K],
): Partial<Pick<T, K>> {
  const value = owner[key];
  return value === undefined || value === null ? {} : ({ [key]: map(value) } as Pick<T, K>);
}

/** A text in which a placeholder stands in another, and where it is in its step. */
export interface NestedPlaceholder {
  /** `args[1]`, `env[0].value`, … */
  field: string;
  /** In Knative Build's words. */
  message: string;
}

/** Placeholders in placeholders of a step: the fields of Knative Build, all of them at once. */
export function nestedPlaceholders(step: BuildStep, index: number): NestedPlaceholder[] {
  const texts: (readonly [field: string, what: string, text: string | undefined])[] = [
    ['name', `name`, step.name],
    ...(step.args ?? []).map((text, i) => [`args[${i}]`, `arg ${i}`, text] as const),
    ...(step.env ?? []).map(({ value }, i) => [`env[${i}].value`, `env value ${i}`, value] as const),
    ['workingDir', 'workingDir', step.workingDir],
    ...(step.command ?? []).map((text, i) => [`command[${i}]`, `command ${i}`, text] as const),
  ];
  return texts.flatMap(([field, what, text]) =>
    text !== undefined && isNested(text)
      ? [{ field, message: `nested placeholder in step ${index} ${what}: ${JSON.stringify(text)}` }]
      : [],
  );
}

/** Whether a `$` stands between a `${` and the `}` that ends it: `${A${B}}`, and `${A:-$B}` of a shell too. Linear. */
export function isNested(text: string): boolean {
  for (let open = text.indexOf('${'); open >= 0; open = text.indexOf('${', open + 2)) {
    if (text[open + 2] === '}') continue;
    for (let i = open + 3; i < text.length && text[i] !== '}'; i++) if (text[i] === '$') return true;
  }
  return false;
}
