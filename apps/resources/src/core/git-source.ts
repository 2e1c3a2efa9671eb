// A git input: the step that brings the sources, before all steps of the task.

import { RESOURCE_STEPS_IMAGE, asSlipwayError, type EnvVar, type Step } from '@slipway/contracts';
import { invalid, isOn, param, stepName, type BoundResource } from './bound-resource.js';
import { checkGitUrl, checkRevision, splitRefspecs } from './git-address.js';

/** The operator's git settings for these steps, such as `url.https://mirror/.insteadOf`. */
export type GitConfig = readonly (readonly [key: string, value: string])[];

/** Params that are flags of the program, which checks them. */
const FLAGS = ['submodulePaths', 'sparseCheckoutDirectories', 'filter', 'lfs', 'retryMaxAttempts'] as const;
const PROXIES = { httpProxy: 'HTTP_PROXY', httpsProxy: 'HTTPS_PROXY', noProxy: 'NO_PROXY' } as const;

export function gitSource({ resourceName, spec, path }: BoundResource, seed: string, gitConfig: GitConfig): Step {
  const url = param(spec, 'url') ?? '';
  const revision = param(spec, 'revision');
  const refspec = param(spec, 'refspec');
  const depth = param(spec, 'depth');
  try {
    checkGitUrl(url);
    if (revision !== undefined) checkRevision(revision);
    if (refspec !== undefined) splitRefspecs(refspec);
  } catch (error) {
    const { message, hint } = asSlipwayError(error);
    throw invalid(`git resource "${resourceName}": ${message}`, hint === undefined ? {} : { hint });
  }
  if (depth !== undefined && !/^\d{1,9}$/.test(depth)) {
    throw invalid(`git resource "${resourceName}": depth must be a whole number, not "${depth}"`);
  }
  const isOff = (name: string): boolean => /^(false|0|no)$/i.test(param(spec, name) ?? '');
  const proxies = Object.entries(PROXIES).flatMap(([name, variable]): EnvVar[] => {
    const value = param(spec, name);
    return value === undefined ? [] : [{ name: variable, value }];
  });
  return {
    name: stepName('git-source', resourceName, seed),
    image: RESOURCE_STEPS_IMAGE,
    command: ['/ko-app/git-init'],
    args: [
      ...['-url', url],
      ...(revision === undefined ? [] : ['-revision', revision]),
      ...['-path', path],
      ...(refspec === undefined ? [] : ['-refspec', refspec]),
      ...(depth === undefined ? [] : ['-depth', depth]),
      ...FLAGS.flatMap((name) => {
        const value = param(spec, name);
        return value === undefined ? [] : [`-${name}=${value}`];
      }),
      ...(isOn(spec, 'deleteExisting') ? ['-deleteExisting'] : []),
      ...(isOff('submodules') ? ['-submodules=false'] : []),
      ...(isOff('sslVerify') ? ['-sslVerify=false'] : []),
    ],
    env: [{ name: 'TEKTON_RESOURCE_NAME', value: resourceName }, ...proxies, ...gitConfigEnv(gitConfig)],
    workingDir: '/workspace',
  };
}

/** git's own way to take settings from the environment. */
function gitConfigEnv(settings: GitConfig): EnvVar[] {
  if (settings.length === 0) return [];
  return [
    { name: 'GIT_CONFIG_COUNT', value: String(settings.length) },
    ...settings.flatMap(([key, value], i) => [
      { name: `GIT_CONFIG_KEY_${i}`, value: key },
      { name: `GIT_CONFIG_VALUE_${i}`, value },
    ]),
  ];
}
