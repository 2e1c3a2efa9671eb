// A cluster input: the step that writes /workspace/<name>/kubeconfig, before all steps of the task.

import { RESOURCE_STEPS_IMAGE } from '@slipway/contracts';
import { invalid, isOn, param, stepName, type BoundResource } from './bound-resource.js';
import type { Addition, PlanContext } from './resource-type.js';
import { SECRET_FILES, secretFiles } from './secret-files.js';

/** What the step is told beside its secret files, as JSON in its variable CLUSTER. */
export interface ClusterParams {
  name: string;
  url: string;
  username?: string;
  password?: string;
  token?: string;
  namespace?: string;
  insecure: boolean;
  /** PEM, or base64 of it. */
  cadata?: string;
  clientkeydata?: string;
  clientcertificatedata?: string;
}

const OPTIONAL = [
  ...(['username', 'password', 'token', 'namespace'] as const),
  ...(['cadata', 'clientkeydata', 'clientcertificatedata'] as const),
];

export function clusterConfig(resource: BoundResource, { seed }: PlanContext): Addition {
  const { resourceName, spec, path } = resource;
  const { volumes, volumeMounts, fields } = secretFiles(resource, ['url', ...OPTIONAL], seed);
  const url = param(spec, 'url') ?? '';
  if (!fields.has('url') && !/^https?:\/\/[^\s/@]+(\/\S*)?$/.test(url)) {
    throw invalid(`cluster resource "${resourceName}": url "${url}" is not the http or https URL of an API server`);
  }
  const cluster: ClusterParams = { name: param(spec, 'name') ?? resourceName, url, insecure: isOn(spec, 'insecure') };
  for (const field of OPTIONAL) {
    const value = param(spec, field);
    if (value !== undefined) cluster[field] = value;
  }
  return {
    steps: [
      {
        name: stepName('kubeconfig', resourceName, seed),
        image: RESOURCE_STEPS_IMAGE,
        command: ['/ko-app/kubeconfigwriter'],
        args: ['-destinationDir', path, ...(fields.size === 0 ? [] : ['-secretsDir', SECRET_FILES])],
        env: [{ name: 'CLUSTER', value: JSON.stringify(cluster) }],
        workingDir: '/workspace',
        ...(volumeMounts.length === 0 ? {} : { volumeMounts }),
      },
    ],
    volumes,
  };
}
