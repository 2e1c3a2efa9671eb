// The requests that a bridge makes to the cluster, besides its watches.

import { SlipwayError, apiVersionOf, resourceKind, type KubeObject, type ObjectKey } from '@slipway/contracts';
import type { ClusterClient } from '@slipway/cluster';
import type { BridgedRun } from '../../core/bridge/bridged-run.js';

export class ClusterRuns {
  constructor(private readonly client: Pick<ClusterClient, 'request'>) {}

  /** Undefined: there is none. */
  async get<T extends KubeObject>(key: ObjectKey): Promise<T | undefined> {
    try {
      return await this.client.request<T>(pathOf(key));
    } catch (error) {
      if (isKind(error, 'not-found')) return undefined;
      throw error;
    }
  }

  /** Errors: `conflict` when it is not what it was any more. */
  writeStatus(key: ObjectKey, seen: BridgedRun, status: BridgedRun['status']): Promise<BridgedRun> {
    const body = { ...seen, ...typeOf(key), status };
    return this.client.request<BridgedRun>(`${pathOf(key)}/status`, { method: 'PUT', body });
  }

  create(key: ObjectKey, body: BridgedRun): Promise<BridgedRun> {
    return this.client.request<BridgedRun>(collectionOf(key), { method: 'POST', body });
  }

  /** This one, and not another of its name; one that is gone already is no error. */
  async delete(key: ObjectKey, uid: string): Promise<void> {
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid }, propagationPolicy: 'Background' };
    try {
      await this.client.request(pathOf(key), { method: 'DELETE', body });
    } catch (error) {
      if (!isKind(error, 'not-found') && !isKind(error, 'conflict')) throw error;
    }
  }
}

export function isKind(error: unknown, kind: SlipwayError['kind']): boolean {
  return error instanceof SlipwayError && error.kind === kind;
}

/** Of all namespaces: what is followed. */
export function pathOfAll(resource: string): string {
  const kind = resourceKind(resource)!;
  return `/apis/${apiVersionOf(kind, kind.storageVersion)}/${kind.plural}`;
}

function collectionOf({ resource, namespace }: ObjectKey): string {
  const kind = resourceKind(resource)!;
  return `/apis/${apiVersionOf(kind, kind.storageVersion)}/namespaces/${encodeURIComponent(namespace)}/${kind.plural}`;
}

function pathOf(key: ObjectKey): string {
  return `${collectionOf(key)}/${encodeURIComponent(key.name)}`;
}

/** Items of a list do not say what they are. */
function typeOf({ resource }: ObjectKey): Pick<KubeObject, 'apiVersion' | 'kind'> {
  const kind = resourceKind(resource)!;
  return { apiVersion: apiVersionOf(kind, kind.storageVersion), kind: kind.kind };
}
