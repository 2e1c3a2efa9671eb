// Tasks, StepActions, templates of Builds, service accounts and limit ranges, from memory where memory is as new as the run that asks.

import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  BUILD_TEMPLATES,
  CLUSTER_BUILD_TEMPLATES,
  CLUSTER_TASKS,
  LIMIT_RANGES,
  SERVICE_ACCOUNTS,
  STEP_ACTIONS,
  TASKS,
  type KubeObject,
  type ResourceName,
} from '@slipway/contracts';
import type { Cache, Store } from '@slipway/store';

/** What the cache for `CachedDefinitions` must hold. */
export const DEFINITION_RESOURCES: readonly ResourceName[] = [
  TASKS,
  CLUSTER_TASKS,
  STEP_ACTIONS,
  BUILD_TEMPLATES,
  CLUSTER_BUILD_TEMPLATES,
  SERVICE_ACCOUNTS,
  LIMIT_RANGES,
];

/** The stream brings a run's own event and the cache's at about the same time; asking the registry costs more. */
const PATIENCE_MS = 3;

export interface Definitions {
  /** The object as it was when the run was made, or later. */
  get<T extends KubeObject>(
    resource: ResourceName,
    namespace: string,
    name: string,
    atRevision: number,
  ): Promise<T | undefined>;
}

export class CachedDefinitions implements Definitions {
  constructor(
    private readonly cache: Pick<Cache, 'get' | 'revision' | 'isReady'>,
    private readonly store: Pick<Store, 'get'>,
  ) {}

  async get<T extends KubeObject>(
    resource: ResourceName,
    namespace: string,
    name: string,
    atRevision: number,
  ): Promise<T | undefined> {
    const deadlineMs = performance.now() + PATIENCE_MS;
    while (this.cache.revision < atRevision && performance.now() < deadlineMs) await nextTurn();
    if (!this.cache.isReady || this.cache.revision < atRevision) return this.store.get<T>(resource, namespace, name);
    return this.cache.get<T>(resource, namespace, name);
  }
}
