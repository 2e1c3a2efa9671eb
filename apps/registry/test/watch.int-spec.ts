// Watches over HTTP and WebSocket: what client-go, tkn and the Tekton dashboard rely on.

import type { IncomingMessage } from 'node:http';
import { eventually } from '@slipway/testing';
import { WebSocket } from 'ws';
import { startTestRegistry, type RequestOptions, type TestRegistry } from './running-registry.js';

const MAPS = '/api/v1/namespaces/default/configmaps';
const TABLE = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' };

interface WatchEvent {
  type: string;
  object: {
    kind: string;
    code?: number;
    reason?: string;
    metadata: {
      name?: string;
      resourceVersion: string;
      labels?: Record<string, string>;
      annotations?: Record<string, string>;
    };
    columnDefinitions?: unknown[];
    rows?: { cells: unknown[] }[];
  };
}

/** Events of one watch as they come: `ADDED a`, `BOOKMARK`. */
class Watch {
  readonly events: WatchEvent[] = [];
  ended = false;

  constructor(readonly response: IncomingMessage) {
    let text = '';
    response.on('data', (bytes: Buffer) => {
      text += bytes.toString();
      const lines = text.split('\n');
      text = lines.pop()!;
      for (const line of lines) this.events.push(JSON.parse(line) as WatchEvent);
    });
    response.on('close', () => (this.ended = true));
  }

  get seen(): string[] {
    return this.events.map(({ type, object }) => [type, object.metadata?.name].filter(Boolean).join(' '));
  }

  async sees(...wanted: string[]): Promise<void> {
    await eventually(() => this.seen.length >= wanted.length, {
      what: `${wanted.join(', ')} (now: ${this.seen.join(', ')})`,
    });
    expect(this.seen).toEqual(wanted);
  }
}

describe('watches', () => {
  let registry: TestRegistry;
  const open: Watch[] = [];

  beforeAll(async () => {
    registry = await startTestRegistry();
  });
  afterAll(() => registry.close());
  afterEach(async () => {
    for (const watch of open.splice(0)) watch.response.destroy();
    await registry.fetch(MAPS, { method: 'DELETE' });
  });

  const watch = async (query: string, options?: RequestOptions): Promise<Watch> => {
    const started = new Watch(await registry.open(`${MAPS}?watch=true&${query}`, options));
    open.push(started);
    return started;
  };
  const put = async (name: string, labels: Record<string, string>, more: object = {}): Promise<string> => {
    const body = JSON.stringify({ metadata: { name, labels }, ...more });
    const created = await registry.fetch(MAPS, { method: 'POST', body });
    const answered =
      created.code === 409
        ? await registry.fetch(`${MAPS}/${name}`, {
            method: 'PUT',
            body,
            headers: { 'content-type': 'application/json' },
          })
        : created;
    expect(answered.code).toBeLessThan(300);
    return answered.json<{ metadata: { resourceVersion: string } }>().metadata.resourceVersion;
  };
  const drop = (name: string): Promise<unknown> => registry.fetch(`${MAPS}/${name}`, { method: 'DELETE' });
  const revision = async (): Promise<string> =>
    (await registry.fetch(MAPS)).json<{ metadata: { resourceVersion: string } }>().metadata.resourceVersion;

  test('a watch from a version sees every later change, in order, once', async () => {
    const from = await put('a', {});
    await put('b', {});
    const seen = await watch(`resourceVersion=${from}`);
    await put('a', { x: '1' });
    await drop('b');
    await seen.sees('ADDED b', 'MODIFIED a', 'DELETED b');
    const revisions = seen.events.map(({ object }) => Number(object.metadata.resourceVersion));
    expect(revisions).toEqual([...revisions].sort((a, b) => a - b));
  });

  test.each(['', 'resourceVersion=0'])('a watch without a version begins with what is there (%s)', async (query) => {
    await put('a', {});
    await put('b', {});
    const seen = await watch(query);
    await seen.sees('ADDED a', 'ADDED b');
    await drop('a');
    await seen.sees('ADDED a', 'ADDED b', 'DELETED a');
  });

  test('a watch list says when the beginning is over', async () => {
    await put('a', {});
    const seen = await watch('sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true');
    await seen.sees('ADDED a', 'BOOKMARK');
    expect(seen.events[1]!.object.metadata.annotations).toEqual({ 'k8s.io/initial-events-end': 'true' });
    await put('b', {});
    await seen.sees('ADDED a', 'BOOKMARK', 'ADDED b');
    expect((await registry.fetch(`${MAPS}?watch=true&sendInitialEvents=true`)).code).toBe(422);
  });

  test('an object that enters or leaves a selection is added and deleted', async () => {
    await put('a', { app: 'x' });
    const seen = await watch(`resourceVersion=${await revision()}&labelSelector=app%3Dx`);
    await put('a', { app: 'y' });
    await put('a', { app: 'z' });
    await put('a', { app: 'x' });
    await put('a', { app: 'x', more: '1' });
    await drop('a');
    await seen.sees('DELETED a', 'ADDED a', 'MODIFIED a', 'DELETED a');
  });

  test('a selection by name, by field and by path is the same', async () => {
    const from = await put('a', {});
    const byField = await watch(`resourceVersion=${from}&fieldSelector=metadata.name%3Db`);
    const byPath = new Watch(await registry.open(`${MAPS}/b?watch=true&resourceVersion=${from}`));
    open.push(byPath);
    await put('b', {});
    await put('c', {});
    await drop('b');
    await byField.sees('ADDED b', 'DELETED b');
    await byPath.sees('ADDED b', 'DELETED b');
  });

  test('other namespaces stay out of sight', async () => {
    await registry.fetch('/api/v1/namespaces', { method: 'POST', body: '{"metadata":{"name":"other"}}' });
    const seen = await watch(`resourceVersion=${await revision()}`);
    await registry.fetch('/api/v1/namespaces/other/configmaps', {
      method: 'POST',
      body: '{"metadata":{"name":"hidden"}}',
    });
    await put('a', {});
    await seen.sees('ADDED a');
  });

  test('tables have their columns once', async () => {
    const seen = await watch(`resourceVersion=${await revision()}`, { headers: TABLE });
    await put('a', {}, { data: { k: 'v' } });
    await put('a', {}, { data: {} });
    await eventually(() => seen.events.length === 2);
    expect(
      seen.events.map(({ object }) => [
        object.kind,
        object.columnDefinitions!.length,
        object.rows![0]!.cells.slice(0, 2),
      ]),
    ).toEqual([
      ['Table', 3, ['a', 1]],
      ['Table', 0, ['a', 0]],
    ]);
  });

  test('secrets travel whole, although the bus never has them', async () => {
    const seen = new Watch(await registry.open('/api/v1/namespaces/default/secrets?watch=true'));
    open.push(seen);
    await registry.fetch('/api/v1/namespaces/default/secrets', {
      method: 'POST',
      body: '{"metadata":{"name":"s"},"stringData":{"k":"v"}}',
    });
    await seen.sees('ADDED s');
    expect(JSON.stringify(seen.events[0])).toContain(Buffer.from('v').toString('base64'));
    await registry.fetch('/api/v1/namespaces/default/secrets/s', { method: 'DELETE' });
    await seen.sees('ADDED s', 'DELETED s');
  });

  test('a version of another kind is seen in the version asked for', async () => {
    const runs = (version: string): string => `/apis/tekton.dev/${version}/namespaces/default/pipelineruns`;
    const seen = new Watch(await registry.open(`${runs('v1beta1')}?watch=true`));
    open.push(seen);
    const body =
      '{"metadata":{"name":"r"},"spec":{"pipelineRef":{"name":"p"},"taskRunTemplate":{"serviceAccountName":"sa"}}}';
    expect((await registry.fetch(runs('v1'), { method: 'POST', body })).code).toBe(201);
    await seen.sees('ADDED r');
    expect(seen.events[0]!.object).toMatchObject({
      apiVersion: 'tekton.dev/v1beta1',
      spec: { serviceAccountName: 'sa' },
    });
  });

  test('a version that is gone, or not there yet, is said to be', async () => {
    expect((await registry.fetch(`${MAPS}?watch=true&resourceVersion=1`)).json()).toMatchObject({
      code: 410,
      reason: 'Expired',
    });
    expect((await registry.fetch(`${MAPS}?watch=true&resourceVersion=999999`)).json()).toMatchObject({
      code: 504,
      reason: 'Timeout',
    });
    expect((await registry.fetch(`${MAPS}?watch=true&resourceVersion=x`)).code).toBe(400);
  });

  test.each(['labelSelector=none%3D1', 'fieldSelector=metadata.name%3Dnone'])(
    'a watch (%s) ends when its time is over, with a bookmark to go on from',
    async (selector) => {
      const from = await put('a', {});
      const seen = await watch(`resourceVersion=${from}&timeoutSeconds=1&allowWatchBookmarks=true&${selector}`);
      const last = await put('b', {});
      await eventually(() => seen.ended);
      await seen.sees('BOOKMARK');
      expect(Number(seen.events[0]!.object.metadata.resourceVersion)).toBeGreaterThanOrEqual(Number(last));
    },
  );

  const longRunning = async (): Promise<string | undefined> =>
    /^slipway_api_long_running\{[^}]*\} (\d+)$/m.exec((await registry.fetch('/metrics', { token: '' })).text)?.[1];

  test('a client that goes away is forgotten', async () => {
    const seen = await watch('');
    await eventually(async () => (await longRunning()) === '1');
    seen.response.destroy();
    await eventually(async () => (await longRunning()) === '0');
  });

  test('the dashboard watches over WebSocket', async () => {
    await put('a', {});
    const url = `${registry.url.replace('https', 'wss')}${MAPS}?watch=true&resourceVersion=${await revision()}`;
    const client = new WebSocket(
      url,
      [
        'base64.binary.k8s.io',
        `base64url.bearer.authorization.k8s.io.${Buffer.from('admin-token').toString('base64url')}`,
      ],
      { rejectUnauthorized: false },
    );
    const frames: string[] = [];
    client.on('message', (data: Buffer) => frames.push(data.toString()));
    await new Promise((resolve, reject) => client.once('open', resolve).once('error', reject));
    expect(client.protocol).toBe('base64.binary.k8s.io');
    await put('b', {});
    await eventually(() => frames.length === 1);
    expect(JSON.parse(frames[0]!)).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'b' } } });
    client.close();
    await new Promise((resolve) => client.once('close', resolve));
  });

  test.each([
    ['without a token', [], 401],
    [
      'for what the user may not see',
      [`base64url.bearer.authorization.k8s.io.${Buffer.from('tenant-token').toString('base64url')}`],
      403,
    ],
  ])('a WebSocket %s is refused', async (_what, protocols, code) => {
    const client = new WebSocket(`${registry.url.replace('https', 'wss')}${MAPS}?watch=true`, protocols, {
      rejectUnauthorized: false,
    });
    const refused = await new Promise<number | undefined>((resolve) => {
      client.once('unexpected-response', (_request, response) => resolve(response.statusCode));
      client.once('error', () => resolve(undefined));
    });
    expect(refused).toBe(code);
  });

  test('a WebSocket that is refused for its handshake takes the place of no watch', async () => {
    const headers = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '99' };
    expect((await registry.fetch(`${MAPS}?watch=true`, { headers })).code).toBe(400);
    await eventually(async () => (await longRunning()) === '0');
  });

  test('many watches of one kind all see every change', async () => {
    const from = await revision();
    const all = await Promise.all(Array.from({ length: 50 }, () => watch(`resourceVersion=${from}`)));
    const names = Array.from({ length: 40 }, (_, i) => `n${String(i).padStart(2, '0')}`);
    for (const name of names) await put(name, {});
    await Promise.all(all.map((one) => one.sees(...names.map((name) => `ADDED ${name}`))));
  });

  test('a server that stops ends its watches in order, and the next one answers their old version with 410', async () => {
    const from = await put('a', {});
    const seen = await watch(`resourceVersion=${from}`);
    await registry.restart();
    await eventually(() => seen.ended);
    expect(seen.response.complete).toBe(true);
    const code = (await registry.fetch(`${MAPS}?watch=true&resourceVersion=${from}&timeoutSeconds=1`)).code;
    expect([200, 410]).toContain(code);
  });

  test('nats-server killed and wiped: watches are told to begin again, or miss nothing', async () => {
    const from = await put('a', {});
    const seen = await watch(`resourceVersion=${from}`);
    await registry.nats.kill();
    await put('b', {});
    await registry.nats.wipe();
    await registry.nats.start();
    await put('c', {});
    await eventually(() => seen.ended || seen.seen.includes('ADDED c'), { deadlineMs: 30_000 });
    if (seen.seen.at(-1) === 'ERROR')
      expect(seen.events.at(-1)!.object).toMatchObject({ code: 410, reason: 'Expired' });
    else expect(seen.seen).toEqual(['ADDED b', 'ADDED c']);
    const again = await watch('');
    await again.sees('ADDED a', 'ADDED b', 'ADDED c');
    await put('d', {});
    await again.sees('ADDED a', 'ADDED b', 'ADDED c', 'ADDED d');
  });
});
