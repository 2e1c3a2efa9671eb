// A pullRequest resource: as an input its state as files, as an output what the task changed of them written back.

import { mirrorsEnv } from './git-mirrors.js';
import { RESOURCE_STEPS_IMAGE, asSlipwayError } from '@slipway/contracts';
import { invalid, isOn, param, stepName, type BoundResource } from './bound-resource.js';
import { pullRequestAddress } from './pull-request-url.js';
import type { Addition, PlanContext } from './resource-type.js';
import { SECRET_FILES, secretFiles } from './secret-files.js';

export function pullRequestStep(
  mode: 'download' | 'upload',
  resource: BoundResource,
  { seed, mirrors }: PlanContext,
): Addition {
  const { resourceName, spec, path } = resource;
  const url = param(spec, 'url') ?? '';
  const provider = param(spec, 'provider');
  const { volumes, volumeMounts } = secretFiles(resource, ['authtoken'], seed);
  let api: string;
  try {
    api = pullRequestAddress(url, provider).api;
  } catch (error) {
    throw invalid(`pullRequest resource "${resourceName}": ${asSlipwayError(error).message}`);
  }
  return {
    steps: [
      {
        name: stepName('pr-source', resourceName, `${seed}/${mode}`),
        image: RESOURCE_STEPS_IMAGE,
        command: ['/ko-app/pullrequest-init'],
        args: [
          ...['-url', url, '-path', path, '-mode', mode],
          ...(provider === undefined ? [] : ['-provider', provider]),
          ...(isOn(spec, 'insecure-skip-tls-verify') ? ['-insecure-skip-tls-verify=true'] : []),
          ...(volumes.length === 0 ? [] : ['-tokenFile', `${SECRET_FILES}/authtoken`]),
        ],
        env: mirrorsEnv(mirrors, [`${api}/`]),
        workingDir: '/workspace',
        ...(volumeMounts.length === 0 ? {} : { volumeMounts }),
      },
    ],
    volumes,
  };
}
