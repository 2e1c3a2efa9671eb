import { SlipwayError, type KubeObject } from '@slipway/contracts';
import type { Store } from '@slipway/store';
import { clusterKept } from './cluster-kept.js';

const named = (name: string): KubeObject => ({ apiVersion: 'v1', kind: 'X', metadata: { name } });
const stored = { get: () => Promise.resolve(named('stored')) } as unknown as Store;

const over = (answer: () => Promise<unknown>): { store: Store; asked: string[] } => {
  const asked: string[] = [];
  const request = <T>(path: string): Promise<T> => {
    asked.push(path);
    return answer() as Promise<T>;
  };
  return { store: clusterKept(stored, { request }), asked };
};

test.each([
  ['secrets', 'Secret'],
  ['serviceaccounts', 'ServiceAccount'],
])('%s are the cluster’s', async (resource, kind) => {
  const { store, asked } = over(() => Promise.resolve(named('of the cluster')));
  expect(await store.get(resource, 'ns', 'a/b')).toMatchObject({ kind, metadata: { name: 'of the cluster' } });
  expect(asked).toEqual([`/api/v1/namespaces/ns/${resource}/a%2Fb`]);
});

test('everything else is the store’s', async () => {
  const { store, asked } = over(() => Promise.reject(new Error('not asked')));
  expect(await store.get('tasks.tekton.dev', 'ns', 'a')).toMatchObject({ metadata: { name: 'stored' } });
  expect(asked).toEqual([]);
});

test('what the cluster does not have is not there, and what it refuses is said', async () => {
  const missing = over(() => Promise.reject(new SlipwayError('not-found', 'NotFound', 'secrets "a" not found')));
  expect(await missing.store.get('secrets', 'ns', 'a')).toBeUndefined();
  const refused = over(() => Promise.reject(new SlipwayError('forbidden', 'Forbidden', 'no')));
  await expect(refused.store.get('secrets', 'ns', 'a')).rejects.toMatchObject({ kind: 'forbidden' });
});
