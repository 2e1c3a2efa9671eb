// What the PipelineResources of 2020 are in v1: values become params, and what was fetched is fetched by a step.

import type { PipelineResourceSpec } from '@slipway/contracts';
import { gitStep } from './build-sources.js';
import { CannotConvert } from './files.js';

/** The values of a type that become params, with their defaults; undefined where one must be given. */
const VALUES: Readonly<Record<string, Readonly<Record<string, string | undefined>>>> = {
  git: { url: undefined, revision: 'HEAD' },
  image: { url: undefined, digest: '' },
};

const INSTEAD: Readonly<Record<string, string>> = {
  storage: 'Fetch and store in steps, with the command line of the storage, and give its address as a param.',
  pullRequest: 'Ask the server in a step, with its command line, and give the URL as a param.',
  cluster: 'Give a kubeconfig in a workspace that a Secret is bound to.',
  cloudEvent: 'Send the event in a step or a finally task, or subscribe to the events of runs.',
};

export interface ResourceParam {
  name: string;
  default?: string;
}

/** The params for a resource: `source-url`, `source-revision`. Throws for what has no form in v1. */
export function paramsOfResource(name: string, type: string, optional: boolean, offset: number): ResourceParam[] {
  const values = VALUES[type];
  if (values === undefined) {
    const hint = INSTEAD[type] ?? 'Rewrite it by hand.';
    throw new CannotConvert(`the resource "${name}" of type ${type} has no form in v1`, hint, offset);
  }
  return Object.entries(values).map(([value, fallback]) => {
    const text = fallback ?? (optional ? '' : undefined);
    return { name: `${name}-${value}`, ...(text === undefined ? {} : { default: text }) };
  });
}

/** The params that a resource's own values are given as. */
export function valuesOfResource(
  name: string,
  spec: PipelineResourceSpec,
  offset: number,
): { name: string; value: string }[] {
  const known = VALUES[spec.type] ?? {};
  return (spec.params ?? []).map((param) => {
    if (Object.hasOwn(known, param.name)) return { name: `${name}-${param.name}`, value: param.value };
    throw new CannotConvert(
      `the ${spec.type} resource sets ${JSON.stringify(param.name)}, which a plain step does not do`,
      'Fetch it in a step of your own.',
      offset,
    );
  });
}

/** Where an input stands in the pod, as in 2020. */
export function pathOfInput(name: string, targetPath: string | undefined): string {
  return `/workspace/${targetPath === undefined || targetPath === '' ? name : targetPath}`;
}

/** The step that fetches a git input. */
export function fetchStep(name: string, path: string): unknown {
  return gitStep(`git-source-${name}`, `$(params.${name}-url)`, `$(params.${name}-revision)`, path);
}

/** The value of `$(inputs.resources.<name>.<key>)` in v1; undefined when there is none. */
export function variableOfResource(
  name: string,
  type: string,
  key: string,
  path: string | undefined,
): string | undefined {
  if (key === 'path') return path;
  if (key === 'type') return type;
  return Object.hasOwn(VALUES[type] ?? {}, key) ? `$(params.${name}-${key})` : undefined;
}
