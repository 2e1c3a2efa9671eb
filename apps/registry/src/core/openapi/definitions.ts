// Every definition that is served, by its OpenAPI name; read when a group and version is first asked for.

import type { ResourceKind } from '@slipway/contracts';

import { CONTAINER_DEFINITIONS, VOLUME_DEFINITIONS } from './core-definitions.js';
import { CORE_KINDS, POD_DEFINITIONS } from './core-kinds.js';
import { META_DEFINITIONS } from './meta-definitions.js';
import { CORE, META, parseDefinitions, type Definition } from './schema.js';
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

function ownDefinitions(group: string, version: string): Map<string, Definition> {
  if (group !== 'tekton.dev') return new Map();
  const text = TASK_DEFINITIONS + RUN_DEFINITIONS + PIPELINE_DEFINITIONS;
  return parseDefinitions(text, prefixOf(group, version), version);
}

let shared: ReadonlyMap<string, Definition> | undefined;
function sharedDefinitions(): ReadonlyMap<string, Definition> {
  shared ??= new Map([
    ...parseDefinitions(META_DEFINITIONS, META, 'v1'),
    ...parseDefinitions(CONTAINER_DEFINITIONS + VOLUME_DEFINITIONS + POD_DEFINITIONS + CORE_KINDS, CORE, 'v1'),
  ]);
  return shared;
}
