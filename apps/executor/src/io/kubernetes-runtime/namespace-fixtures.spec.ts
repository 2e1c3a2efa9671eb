import { SlipwayError, type KubeObject } from '@slipway/contracts';
import { NamespaceFixtures } from './namespace-fixtures.js';

const SECRETS = '/api/v1/namespaces/team/secrets';
const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's', namespace: 'team' } };

/** An API server that keeps what it is given. */
function cluster() {
  const objects = new Map<string, KubeObject>([
    ['/api/v1/namespaces/slipway', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'slipway', uid: 'u-1' } }],
  ]);
  const requests: string[] = [];
  const get = (path: string): KubeObject | undefined => objects.get(path);
  return {
    objects,
    requests,
    find<T>({ path }: { path: string }): Promise<T | undefined> {
      requests.push(`GET ${path}`);
      return Promise.resolve(get(path) as T | undefined);
    },
    call<T>({ method = 'GET', path, body }: { method?: string; path: string; body?: unknown }): Promise<T> {
      requests.push(`${method} ${path}`);
      if (method === 'GET') {
        const found = get(path);
        return found === undefined
          ? Promise.reject(new SlipwayError('not-found', 'NotFound', path))
          : Promise.resolve(found as T);
      }
      const object = body as KubeObject;
      const at = `${path}/${object.metadata.name}`;
      if (objects.has(at)) return Promise.reject(new SlipwayError('exists', 'AlreadyExists', at));
      objects.set(at, object);
      return Promise.resolve(object as T);
    },
  };
}

describe('NamespaceFixtures', () => {
  test('makes what is missing, as a thing of the installation that goes with its namespace (N2)', async () => {
    const api = cluster();
    const fixtures = new NamespaceFixtures({ api, installation: 'one', installationNamespace: 'slipway' });
    await fixtures.ensure(SECRETS, secret);
    expect(api.objects.get(`${SECRETS}/s`)?.metadata).toMatchObject({
      labels: { 'slipway.dev/installation': 'one' },
      ownerReferences: [{ apiVersion: 'v1', kind: 'Namespace', name: 'slipway', uid: 'u-1' }],
    });
  });

  test('has no owner where the installation has no namespace', async () => {
    const api = cluster();
    await new NamespaceFixtures({ api, installation: 'one' }).ensure(SECRETS, secret);
    expect(api.objects.get(`${SECRETS}/s`)?.metadata.ownerReferences).toEqual([]);
  });

  test('leaves alone what is there (N1)', async () => {
    const api = cluster();
    api.objects.set(`${SECRETS}/s`, secret);
    await new NamespaceFixtures({ api, installation: 'one' }).ensure(SECRETS, secret);
    expect(api.requests).toEqual([`GET ${SECRETS}/s`]);
  });

  test('asks once for many pods, and again after a failure', async () => {
    const api = cluster();
    const fixtures = new NamespaceFixtures({ api, installation: 'one', installationNamespace: 'gone' });
    await expect(fixtures.ensure(SECRETS, secret)).rejects.toThrow('gone');
    api.objects.set('/api/v1/namespaces/gone', { ...secret, metadata: { name: 'gone', uid: 'u-2' } });
    await Promise.all([fixtures.ensure(SECRETS, secret), fixtures.ensure(SECRETS, secret)]);
    expect(api.requests.filter((request) => request.startsWith('POST'))).toEqual([`POST ${SECRETS}`]);
  });
});
