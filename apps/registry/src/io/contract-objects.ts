// Objects and writes for the cases of the object stores' contract.

import type { CommitReply, KubeObject, Write } from '@slipway/contracts';
import type { StoredListRequest, ObjectStore } from './object-store.js';

export const CONFIG_MAPS = 'configmaps';
export const TASK_RUNS = 'taskruns.tekton.dev';

type Spec = Record<string, unknown>;
export type TaskRun = KubeObject & { spec?: Spec; status?: Spec };
type Metadata = Partial<KubeObject['metadata']>;

/** In the namespace `ns`, as the others here. */
export function configMap(name: string, data: Record<string, string> = {}, metadata: Metadata = {}): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'ns', ...metadata }, data } as KubeObject;
}

export function taskRun(name: string, metadata: Metadata = {}): TaskRun {
  return {
    apiVersion: 'tekton.dev/v1',
    kind: 'TaskRun',
    metadata: { name, namespace: 'ns', ...metadata },
    spec: { a: 1 },
  };
}

export const create = (object: KubeObject): Write => ({ op: 'create', object });
export const update = (object: KubeObject): Write => ({ op: 'update', object });
export const remove = (resource: string, name: string): Write => ({
  op: 'delete',
  key: { resource, namespace: 'ns', name },
});

/** The only object of an answer. */
export function only<T extends KubeObject>(reply: CommitReply): T {
  return reply.objects[0] as T;
}

/** Names of the config maps that a list has. */
export async function namesOf(store: ObjectStore, request: Partial<StoredListRequest> = {}): Promise<string[]> {
  const list = await store.list({ resource: CONFIG_MAPS, ...request });
  return list.items.map((item) => item.key.name);
}
