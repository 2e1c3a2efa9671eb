// Every definition that is served, by its OpenAPI name; read when a group and version is first asked for.

import type { ResourceKind } from '@slipway/contracts';

import { CONTAINER_DEFINITIONS, VOLUME_DEFINITIONS } from './core-definitions.js';
import { CORE_KINDS, POD_DEFINITIONS } from './core-kinds.js';
import { BUILD_DEFINITIONS, CACHING_DEFINITIONS } from './knative-definitions.js';
import { META_DEFINITIONS } from './meta-definitions.js';
import { RBAC_DEFINITIONS } from './rbac-definitions.js';
import { RESOLUTION_DEFINITIONS } from './resolution-definitions.js';
import { CORE, META, parseDefinitions, type Definition } from './schema.js';
import { SLIPWAY_DEFINITIONS } from './slipway-definitions.js';
import { CUSTOM_DEFINITIONS } from './tekton-custom-definitions.js';
import { PIPELINE_DEFINITIONS } from './tekton-pipeline-definitions.js';
import { RUN_DEFINITIONS } from './tekton-run-definitions.js';
import { TASK_DEFINITIONS } from './tekton-task-definitions.js';

const parsed = new Map<string, ReadonlyMap<string, Definition>>();

/** The prefix of the OpenAPI names of a group and version: `dev.tekton.v1`. */
export function prefixOf(group: string, version: string): string {
  return group === '' ? CORE : `${group.split('.').reverse().join('.')}.${version}`;
}

/** All definitions that documents of a group and version use, Kubernetes' shared ones included. */
export function definitionsOf(group: string, version: string): ReadonlyMap<string, Definition> {
  const key = prefixOf(group, version);
  let definitions = parsed.get(key);
  if (definitions === undefined) {
    definitions = new Map([...sharedDefinitions(), ...ownDefinitions(group, version)]);
    parsed.set(key, definitions);
  }
  return definitions;
}

/** The definition of a kind in one of its versions; undefined when that version does not have the kind. */
export function schemaFor(kind: Pick<ResourceKind, 'group' | 'kind'>, version: string): Definition | undefined {
  return definitionsOf(kind.group, version).get(`${prefixOf(kind.group, version)}.${kind.kind}`);
}

/** The version whose schema stored objects of a kind have: all of tekton.dev is stored in the words of v1. */
export function storedSchemaOf(kind: Pick<ResourceKind, 'group' | 'storageVersion'>): string {
  return kind.group === 'tekton.dev' ? 'v1' : kind.storageVersion;
}

function ownDefinitions(group: string, version: string): Map<string, Definition> {
  return parseDefinitions(TEXTS[group] ?? '', prefixOf(group, version), version);
}

const TEXTS: Readonly<Record<string, string>> = {
  'tekton.dev': TASK_DEFINITIONS + RUN_DEFINITIONS + PIPELINE_DEFINITIONS + CUSTOM_DEFINITIONS,
  'resolution.tekton.dev': RESOLUTION_DEFINITIONS,
  'rbac.authorization.k8s.io': RBAC_DEFINITIONS,
  'slipway.dev': SLIPWAY_DEFINITIONS,
  'build.knative.dev': BUILD_DEFINITIONS,
  'caching.internal.knative.dev': CACHING_DEFINITIONS,
};

let shared: ReadonlyMap<string, Definition> | undefined;
function sharedDefinitions(): ReadonlyMap<string, Definition> {
  shared ??= new Map([
    ...parseDefinitions(META_DEFINITIONS, META, 'v1'),
    ...parseDefinitions(CONTAINER_DEFINITIONS + VOLUME_DEFINITIONS + POD_DEFINITIONS + CORE_KINDS, CORE, 'v1'),
  ]);
  return shared;
}
