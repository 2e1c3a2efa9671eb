// The types of PipelineResources, each with what it does.

import { cloudEventTarget } from './cloud-event.js';
import { clusterConfig } from './cluster-config.js';
import { gitSource } from './git-source.js';
import { pullRequestStep } from './pull-request.js';
import type { ResourceType } from './resource-type.js';
import { storageStep } from './storage.js';

const same = (...names: string[]): Record<string, string> => Object.fromEntries(names.map((name) => [name, name]));

export const RESOURCE_TYPES: ReadonlyMap<string, ResourceType> = new Map<string, ResourceType>([
  [
    'git',
    {
      variables: same('url', 'revision', 'refspec', 'depth', 'sslVerify', 'httpProxy', 'httpsProxy', 'noProxy'),
      input: (resource, { seed, gitConfig }) => ({ steps: [gitSource(resource, seed, gitConfig)] }),
      isCopied: true,
    },
  ],
  ['image', { variables: same('url', 'digest') }], // its digests are read by one step for all: image-digest-exporter.ts
  [
    'cluster',
    {
      variables: same('url', 'revision', 'username', 'password', 'namespace', 'token', 'insecure', 'cadata'),
      input: clusterConfig,
    },
  ],
  [
    'pullRequest',
    {
      variables: same('url', 'provider', 'insecure-skip-tls-verify'),
      input: (resource, context) => pullRequestStep('download', resource, context),
      output: (resource, context) => pullRequestStep('upload', resource, context),
    },
  ],
  ...['storage', 'gcs', 'build-gcs'].map((type): [string, ResourceType] => [
    type,
    {
      variables: same('location'),
      input: (resource, context) => storageStep('download', resource, context),
      output: (resource, context) => storageStep('upload', resource, context),
      isCopied: true,
    },
  ]),
  [
    'cloudEvent',
    {
      variables: { 'target-uri': 'targetURI' },
      output: (resource) => {
        cloudEventTarget(resource); // the executor sends it, when the run has ended; here it is only checked
        return { steps: [] };
      },
      hasNoFolder: true,
    },
  ],
]);
