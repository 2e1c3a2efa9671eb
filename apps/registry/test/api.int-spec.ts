// The API below kubectl: who may do what on every route, versions, conflicts and lists.

import { RESOURCE_KINDS, SHARD_LABEL, apiVersionOf, shardOf, type KubeObject } from '@slipway/contracts';
import { startTestRegistry, type Answered, type RequestOptions, type TestRegistry } from './running-registry.js';

const MAPS = '/api/v1/namespaces/default/configmaps';
const RUNS = '/apis/tekton.dev/v1/namespaces/default/pipelineruns';
const JSON_TYPE = { 'content-type': 'application/json' };
const MERGE = { 'content-type': 'application/merge-patch+json' };

type Stored = KubeObject & {
  spec?: Record<string, unknown>;
  status?: Record<string, unknown>;
  data?: Record<string, string>;
};

describe('the API', () => {
  let registry: TestRegistry;
  const send = (path: string, options?: RequestOptions): Promise<Answered> => registry.fetch(path, options);
  const post = (path: string, body: unknown, more: RequestOptions = {}): Promise<Answered> =>
    send(path, { method: 'POST', headers: JSON_TYPE, body: JSON.stringify(body), ...more });
  const map = (name: string, more: object = {}): object => ({ metadata: { name }, ...more });
  const created = async (path: string, body: unknown): Promise<Stored> => {
    const answered = await post(path, body);
    expect([answered.code, answered.text]).toEqual([201, expect.anything()]);
    return answered.json<Stored>();
  };

  beforeAll(async () => {
    registry = await startTestRegistry();
    for (const name of ['team-a', 'team-b']) await created('/api/v1/namespaces', { metadata: { name } });
  });
  afterAll(() => registry.close());
  afterEach(async () => {
    await send(MAPS, { method: 'DELETE' });
    await send(RUNS, { method: 'DELETE' });
  });

  describe('who may do what', () => {
    const routes = RESOURCE_KINDS.flatMap((kind) =>
      kind.versions.flatMap((version) => {
        const root = kind.group === '' ? `/api/${version}` : `/apis/${apiVersionOf(kind, version)}`;
        const collection = kind.namespaced ? `${root}/namespaces/team-b/${kind.plural}` : `${root}/${kind.plural}`;
        const paths = [collection, `${collection}/x`, `${collection}/x/status`, `${root}/${kind.plural}`];
        return [...paths, ...(kind.plural === 'pods' ? [`${collection}/x/log`] : [])].map((path) => ({ kind, path }));
      }),
    );
    const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

    test('no route answers without a token, or with a wrong one', async () => {
      const others = ['/api', '/apis', '/api/v1', '/apis/tekton.dev', '/openapi/v3', '/openapi/v3/api/v1', '/nowhere'];
      for (const path of [...routes.map((route) => route.path), ...others]) {
        for (const method of METHODS) {
          const answered = await send(path, { method, token: method === 'GET' ? '' : 'wrong', body: '' });
          expect([method, path, answered.code]).toEqual([method, path, 401]);
        }
        expect((await send(`${path}?watch=true`, { token: '' })).code).toBe(401);
      }
    });

    test('nothing of another tenant can be read, watched, written or followed', async () => {
      for (const { path } of routes) {
        for (const method of METHODS) {
          const answered = await send(path, {
            method,
            token: 'tenant-token',
            headers: JSON_TYPE,
            body: method === 'GET' ? '' : '{}',
          });
          expect([method, path, answered.code]).toEqual([method, path, 403]);
          expect(answered.json()).toMatchObject({ kind: 'Status', reason: 'Forbidden' });
        }
        expect([path, (await send(`${path}?watch=true`, { token: 'tenant-token' })).code]).toEqual([path, 403]);
      }
    });

    test('selectors, continue tokens and bodies do not widen what a tenant sees', async () => {
      await created('/apis/tekton.dev/v1/namespaces/team-b/pipelineruns', {
        metadata: { name: 'hidden' },
        spec: { pipelineRef: { name: 'p' } },
      });
      await created('/apis/tekton.dev/v1/namespaces/team-a/pipelineruns', {
        metadata: { name: 'shown' },
        spec: { pipelineRef: { name: 'p' } },
      });
      const own = '/apis/tekton.dev/v1/namespaces/team-a/pipelineruns';
      const { metadata } = (await send('/apis/tekton.dev/v1/pipelineruns?limit=1')).json<{
        metadata: { continue: string };
      }>();
      for (const query of [
        'fieldSelector=metadata.namespace%3Dteam-b',
        `limit=9&continue=${metadata.continue}`,
        'labelSelector=!x',
        '',
      ]) {
        const answered = await send(`${own}?${query}`, { token: 'tenant-token' });
        expect(answered.text).not.toContain('hidden');
      }
      const watched = await send(`${own}?watch=true&timeoutSeconds=1&fieldSelector=metadata.name%3Dhidden`, {
        token: 'tenant-token',
      });
      expect(watched.text).toBe('');
      expect((await send(own, { token: 'tenant-token' })).json<{ items: unknown[] }>().items).toHaveLength(1);
    });

    test('nobody acts as somebody else', async () => {
      expect((await send(MAPS, { headers: { 'impersonate-user': 'tenant' } })).code).toBe(403);
    });
  });

  describe('what a browser and a probe see', () => {
    test('the page at / needs no token, loads nothing and runs nothing', async () => {
      const page = await send('/', { token: '' });
      expect(page).toMatchObject({ code: 200, headers: { 'content-type': 'text/html; charset=utf-8' } });
      expect(page.headers['content-security-policy']).toContain("default-src 'none'");
      expect(page.text).toContain('/apis/tekton.dev/v1');
      expect(page.text).not.toMatch(/<script|src=|@import|url\(/);
    });

    test('version, health and metrics need no token', async () => {
      expect((await send('/version', { token: '' })).json()).toMatchObject({ major: '1', minor: '32' });
      for (const path of ['/healthz', '/livez', '/readyz'])
        expect(await send(path, { token: '' })).toMatchObject({ code: 200, text: 'ok' });
      await send(MAPS);
      expect((await send('/metrics', { token: '' })).text).toMatch(
        /slipway_api_request_seconds_count\{.*verb="list",resource="configmaps",code="200".*\} \d+/,
      );
    });
  });

  describe('objects', () => {
    test('a replacement needs the version that its author has seen', async () => {
      const one = await created(MAPS, map('a', { data: { x: '1' } }));
      const put = (object: Stored): Promise<Answered> =>
        send(`${MAPS}/a`, { method: 'PUT', headers: JSON_TYPE, body: JSON.stringify(object) });
      expect((await put({ ...one, data: { x: '2' } })).code).toBe(200);
      expect((await put({ ...one, data: { x: '3' } })).json()).toMatchObject({ code: 409, reason: 'Conflict' });
      expect((await put({ ...one, metadata: { name: 'a', uid: 'other' } })).code).toBe(409);
      expect((await put({ ...one, metadata: { ...one.metadata, name: 'b' } })).code).toBe(400);
      expect((await put({ ...one, metadata: { name: 'a' }, data: { x: '4' } })).json<Stored>().data).toEqual({
        x: '4',
      });
      expect(
        (await send(`${MAPS}/b`, { method: 'PUT', headers: JSON_TYPE, body: JSON.stringify(map('b')) })).code,
      ).toBe(404);
    });

    test('a patch is tried again when somebody was faster, unless it names a version', async () => {
      const one = await created(MAPS, map('a', { data: {} }));
      const patch = (body: object): Promise<Answered> =>
        send(`${MAPS}/a`, { method: 'PATCH', headers: MERGE, body: JSON.stringify(body) });
      const all = await Promise.all(Array.from({ length: 20 }, (_, i) => patch({ data: { [`k${i}`]: 'v' } })));
      expect(all.map(({ code }) => code)).toEqual(Array<number>(20).fill(200));
      expect(Object.keys((await send(`${MAPS}/a`)).json<Stored>().data!)).toHaveLength(20);
      expect((await patch({ metadata: { resourceVersion: one.metadata.resourceVersion }, data: {} })).code).toBe(409);
    });

    test('a write that changes nothing has no new version', async () => {
      const one = await created(MAPS, map('a', { data: { x: '1' } }));
      const same = await send(`${MAPS}/a`, { method: 'PATCH', headers: MERGE, body: '{"data":{"x":"1"}}' });
      expect(same.json<Stored>().metadata.resourceVersion).toBe(one.metadata.resourceVersion);
    });

    test('identity is the server’s: what a client says of it is ignored', async () => {
      const claimed = {
        name: 'a',
        uid: 'mine',
        generation: 9,
        creationTimestamp: '2000-01-01T00:00:00Z',
        deletionTimestamp: '2000-01-01T00:00:00Z',
        selfLink: '/x',
      };
      const one = await created(MAPS, { metadata: claimed });
      expect(one.metadata.uid).not.toBe('mine');
      expect(one.metadata.creationTimestamp).not.toContain('2000');
      expect(one.metadata.deletionTimestamp).toBeUndefined();
      expect((await post(MAPS, map('b', { metadata: { name: 'b', resourceVersion: '1' } }))).code).toBe(400);
    });

    test('the shard of a run follows from its name, whatever its author writes', async () => {
      const spec = { pipelineRef: { name: 'p' } };
      const one = await created(RUNS, { metadata: { name: 'r', labels: { [SHARD_LABEL]: '7' } }, spec });
      expect(one.metadata.labels).toEqual({ [SHARD_LABEL]: String(shardOf('default', 'r')) });
      const two = await created(RUNS, { metadata: { generateName: 'r-' }, spec });
      expect(two.metadata.labels![SHARD_LABEL]).toBe(String(shardOf('default', two.metadata.name)));
      const patched = await send(`${RUNS}/r`, {
        method: 'PATCH',
        headers: MERGE,
        body: `{"metadata":{"labels":{"${SHARD_LABEL}":"7"}}}`,
      });
      expect(patched.json<Stored>().metadata.labels).toEqual(one.metadata.labels);
    });

    test('spec and status are written on their own paths, and only the spec counts generations', async () => {
      const one = await created(RUNS, {
        metadata: { name: 'r' },
        spec: { pipelineRef: { name: 'p' } },
        status: { startTime: '2026-01-01T00:00:00Z' },
      });
      expect(one.status).toBeUndefined();
      const status = { conditions: [{ type: 'Succeeded', status: 'Unknown', reason: 'Running' }] };
      const body = JSON.stringify({ spec: { status: 'Cancelled' }, status });
      const two = (await send(`${RUNS}/r/status`, { method: 'PATCH', headers: MERGE, body })).json<Stored>();
      expect(two).toMatchObject({ status, spec: { pipelineRef: { name: 'p' } }, metadata: { generation: 1 } });
      expect(two.spec!['status']).toBeUndefined();
      const three = (
        await send(`${RUNS}/r`, {
          method: 'PATCH',
          headers: MERGE,
          body: '{"spec":{"status":"Cancelled"},"status":null}',
        })
      ).json<Stored>();
      expect(three).toMatchObject({ status, spec: { status: 'Cancelled' }, metadata: { generation: 2 } });
    });

    test('deletes hold to their preconditions', async () => {
      const one = await created(MAPS, map('a'));
      const remove = (preconditions: object): Promise<Answered> =>
        send(`${MAPS}/a`, { method: 'DELETE', headers: JSON_TYPE, body: JSON.stringify({ preconditions }) });
      expect((await remove({ uid: 'other' })).json()).toMatchObject({ code: 409, reason: 'Conflict' });
      expect((await remove({ resourceVersion: '1' })).code).toBe(409);
      expect((await remove({ uid: one.metadata.uid })).json()).toMatchObject({
        status: 'Success',
        details: { name: 'a', kind: 'configmaps', uid: one.metadata.uid },
      });
      expect((await remove({})).code).toBe(404);
      expect(
        (await send(`${MAPS}/a`, { method: 'DELETE', headers: JSON_TYPE, body: '{"propagationPolicy":"Sideways"}' }))
          .code,
      ).toBe(422);
    });

    test('a list comes in pages that together are the list, also with selectors', async () => {
      const names = Array.from({ length: 25 }, (_, i) => `m${String(i).padStart(2, '0')}`);
      for (const name of names)
        await created(MAPS, { metadata: { name, labels: { odd: String(Number(name.slice(1)) % 2) } } });
      for (const [query, expected] of [
        ['', names],
        ['&labelSelector=odd%3D1', names.filter((_, i) => i % 2 === 1)],
      ] as const) {
        const got: string[] = [];
        let token = '';
        do {
          const page = (await send(`${MAPS}?limit=4${query}&continue=${token}`)).json<{
            items: Stored[];
            metadata: { continue?: string };
          }>();
          expect(page.items.length).toBeLessThanOrEqual(4);
          got.push(...page.items.map((item) => item.metadata.name));
          token = page.metadata.continue ?? '';
        } while (token !== '');
        expect(got).toEqual(expected);
      }
      expect((await send(`${MAPS}?continue=nonsense`)).code).toBe(400);
      expect((await send(`${MAPS}?limit=-1`)).code).toBe(400);
      const deleted = await send(`${MAPS}?labelSelector=odd%3D1`, { method: 'DELETE' });
      expect(deleted.json<{ items: unknown[] }>().items).toHaveLength(12);
      expect((await send(MAPS)).json<{ items: unknown[] }>().items).toHaveLength(13);
    });

    test('versions of a list: any, at least, exactly', async () => {
      const one = await created(MAPS, map('a'));
      const now = Number(one.metadata.resourceVersion);
      const code = async (query: string): Promise<number> => (await send(`${MAPS}?${query}`)).code;
      expect(await code('resourceVersion=0')).toBe(200);
      expect(await code(`resourceVersion=${now}&resourceVersionMatch=NotOlderThan`)).toBe(200);
      expect(await code(`resourceVersion=${now}&resourceVersionMatch=Exact`)).toBe(200);
      expect(await code('resourceVersion=1&resourceVersionMatch=Exact')).toBe(410);
      expect(await code(`resourceVersion=${now + 1000}`)).toBe(504);
      expect(await code('resourceVersion=abc')).toBe(400);
    });

    test('every version of a kind reads and writes the same object', async () => {
      const beta = '/apis/tekton.dev/v1beta1/namespaces/default/pipelineruns';
      await created(beta, {
        metadata: { name: 'r' },
        spec: { pipelineRef: { name: 'p' }, serviceAccountName: 'sa', timeout: '30m' },
      });
      expect((await send(`${RUNS}/r`)).json<Stored>().spec).toMatchObject({
        taskRunTemplate: { serviceAccountName: 'sa' },
      });
      expect((await send(`${beta}/r`)).json<Stored>()).toMatchObject({
        apiVersion: 'tekton.dev/v1beta1',
        spec: { serviceAccountName: 'sa' },
      });
      expect(
        (await send('/apis/tekton.dev/v1alpha1/namespaces/default/pipelineruns/r')).json<Stored>().apiVersion,
      ).toBe('tekton.dev/v1alpha1');
      expect((await send('/apis/tekton.dev/v1/clustertasks')).code).toBe(404);
    });

    test('fields that come twice are found, refused or warned about', async () => {
      const body = '{"metadata":{"name":"a"},"data":{"x":"1","x":"2"}}';
      const strict = await send(`${MAPS}?fieldValidation=Strict`, { method: 'POST', headers: JSON_TYPE, body });
      expect(strict.json()).toMatchObject({
        code: 400,
        message: expect.stringContaining('duplicate field "data.x"') as string,
      });
      const warned = await send(MAPS, { method: 'POST', headers: JSON_TYPE, body });
      expect(warned).toMatchObject({ code: 201, headers: { warning: '299 - "duplicate field \\"data.x\\""' } });
    });
  });

  test('without nats-server objects are still read and written, and the probe says so', async () => {
    await registry.nats.kill();
    await created(MAPS, map('a'));
    expect((await send(`${MAPS}/a`)).code).toBe(200);
    await registry.nats.start();
  });
});
