// Steps and volumes of Builds and of their templates.

import {
  BUILD_VOLUMES,
  isDnsLabel,
  nestedPlaceholders,
  type BuildStep,
  type Volume,
  type VolumeMount,
} from '@slipway/contracts';

import { cleanPath } from './clean-path.js';
import { at, listOf, type Findings } from './findings.js';

/** Of the 63 characters of a container's name `build-step-` takes its part. */
const NAME_MAX = 63 - 'build-step-'.length;
const RESERVED_PATHS = ['/tekton'];

/** Names of steps; what a placeholder stands for is known later. */
export function checkBuildSteps(
  steps: readonly BuildStep[],
  taken: ReadonlyMap<string, string>,
  path: string,
  findings: Findings,
): void {
  const names = new Map(taken);
  steps.forEach((step, index) => {
    const own = `${path}[${index}]`;
    const name = nonEmpty(step.name);
    if (nonEmpty(step.image) === undefined) findings.missing(at(own, 'image'));
    checkMounts(listOf(step.volumeMounts), own, findings);
    for (const { field, message } of nestedPlaceholders(step, index)) {
      findings.add(`NestedPlaceholder: ${message}`, at(own, field));
    }
    if (name === undefined || name.includes('${')) return;
    checkContainerName(name, at(own, 'name'), findings);
    const other = names.get(name);
    if (other !== undefined)
      findings.add(`step name ${JSON.stringify(name)} must be unique: ${other} has it`, at(own, 'name'));
    names.set(name, other ?? own);
  });
}

/** A name that becomes a part of a container's name. */
export function checkContainerName(name: string, path: string, findings: Findings, prefix = ''): void {
  if (prefix.length + name.length > NAME_MAX) {
    findings.invalid(name, path, `must be no more than ${NAME_MAX - prefix.length} characters`);
  } else if (!isDnsLabel(name)) {
    findings.invalid(name, path, 'must be a DNS label: lower case letters, digits and "-"');
  }
}

/** Volumes of the pod are those of the Build, of its template, and three kinds that are always there. */
export function checkBuildVolumes(volumes: readonly Volume[], path: string, findings: Findings): void {
  const names = new Set<string>();
  volumes.forEach(({ name }, index) => {
    const own = `${path}[${index}].name`;
    if (names.has(name)) findings.add(`multiple volumes with same name ${JSON.stringify(name)}`, own);
    names.add(name);
    if (isImplicit(name)) findings.invalid(name, own, 'a volume of this name is in every Build already');
    else if (name !== '' && !name.includes('${') && !isDnsLabel(name))
      findings.invalid(name, own, 'must be a DNS label');
  });
}

function isImplicit(name: string): boolean {
  const { workspace, home, secretPrefix } = BUILD_VOLUMES;
  return name === workspace || name === home || name.startsWith(secretPrefix);
}

/** A mount below /tekton would let a step replace what the platform put there, also by way of `..`. */
function checkMounts(mounts: readonly VolumeMount[], path: string, findings: Findings): void {
  mounts.forEach(({ mountPath = '', name = '' }, index) => {
    const target = cleanPath(mountPath);
    const own = at(path, `volumeMounts[${index}]`);
    if (RESERVED_PATHS.some((reserved) => target === reserved || target.startsWith(`${reserved}/`))) {
      findings.invalid(mountPath, at(own, 'mountPath'), 'nothing can be mounted below /tekton');
    }
    if (name.startsWith('tekton-')) findings.invalid(name, at(own, 'name'), 'a volume of the platform');
  });
}

export function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}
