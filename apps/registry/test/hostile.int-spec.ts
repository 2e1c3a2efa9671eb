// What hostile clients send: every answer is a Status, and the server goes on as before.

import { connect } from 'node:tls';
import { startTestRegistry, type Answered, type RequestOptions, type TestRegistry } from './running-registry.js';

const MAPS = '/api/v1/namespaces/default/configmaps';
const JSON_TYPE = { 'content-type': 'application/json' };

describe('hostile requests', () => {
  let registry: TestRegistry;
  const send = (path: string, options?: RequestOptions): Promise<Answered> => registry.fetch(path, options);
  const post = (path: string, body: unknown): Promise<Answered> =>
    send(path, { method: 'POST', headers: JSON_TYPE, body: JSON.stringify(body) });

  beforeAll(async () => {
    registry = await startTestRegistry();
    await post('/api/v1/namespaces', { metadata: { name: 'team-b' } });
  });
  afterAll(() => registry.close());

  const deep = (depth: number): string =>
    `{"metadata":{"name":"a"},"data":${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}}`;
  // prettier-ignore
  const bodies: [what: string, type: string, body: string | Uint8Array, code: number][] = [
      ['nothing', 'application/json', '', 400],
      ['half a document', 'application/json', '{"metadata":', 400],
      ['a list', 'application/json', '[]', 400],
      ['a text', 'application/json', '"x"', 400],
      ['null', 'application/json', 'null', 400],
      ['no name', 'application/json', '{"metadata":{}}', 422],
      ['a name of another type', 'application/json', '{"metadata":{"name":{"a":1}}}', 400],
      ['metadata that is a list', 'application/json', '{"metadata":[]}', 400],
      ['another kind', 'application/json', '{"apiVersion":"v1","kind":"Secret","metadata":{"name":"a"}}', 400],
      ['another version', 'application/json', '{"apiVersion":"v2","metadata":{"name":"a"}}', 400],
      ['another namespace', 'application/json', '{"metadata":{"name":"a","namespace":"team-b"}}', 400],
      ['a name that would be a path', 'application/json', '{"metadata":{"name":"../../x"}}', 422],
      ['a name for the bus', 'application/json', '{"metadata":{"name":"a.>.*"}}', 422],
      ['a name of control characters', 'application/json', '{"metadata":{"name":"a\\u0000\\nb"}}', 422],
      ['a very long name', 'application/json', `{"metadata":{"name":"${'a'.repeat(5000)}"}}`, 422],
      ['__proto__', 'application/json', '{"__proto__":{"polluted":1},"metadata":{"name":"a"}}', 400],
      ['__proto__ as a label', 'application/json', '{"metadata":{"name":"a","labels":{"__proto__":"x"}}}', 400],
      ['deep nesting', 'application/json', deep(5_000), 400],
      ['very deep nesting', 'application/json', deep(400_000), 400],
      ['invalid UTF-8', 'application/json', Uint8Array.of(0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d), 400],
      ['a lone surrogate', 'application/json', '{"metadata":{"name":"a\\ud800"}}', 422],
      ['an alias bomb', 'application/yaml', `a: &a [${'x,'.repeat(9)}x]\nb: &b [${'*a,'.repeat(9)}*a]\nc: &c [${'*b,'.repeat(9)}*b]\nd: &d [${'*c,'.repeat(9)}*c]\ne: &e [${'*d,'.repeat(9)}*d]`, 400],
      ['two YAML documents', 'application/yaml', 'metadata: {name: a}\n---\nmetadata: {name: b}', 400],
      ['a YAML tag', 'application/yaml', 'metadata: !!js/function "x"', 400],
      ['a form', 'application/x-www-form-urlencoded', 'a=b', 415],
      ['a strange type', '\\"; drop', '{}', 415],
      ['garbage as protobuf', 'application/vnd.kubernetes.protobuf', Uint8Array.from({ length: 200 }, (_, i) => (i * 37) % 256), 400],
      ['3 MiB and a byte', 'application/json', `{"a":"${'x'.repeat(3 * 1024 * 1024)}"}`, 413],
      ['10 MB', 'application/json', `{"a":"${'x'.repeat(10_000_000)}"}`, 413],
      ['a config map above its limit', 'application/json', `{"metadata":{"name":"a"},"data":{"a":"${'x'.repeat(2_000_000)}"}}`, 422],
    ];

  test.each(bodies)('%s is refused with a Status', async (_what, type, body, code) => {
    const answered = await send(MAPS, { method: 'POST', headers: { 'content-type': type }, body });
    expect([answered.code, answered.text.slice(0, 300)]).toEqual([code, expect.stringContaining('"kind":"Status"')]);
    expect(answered.json()).toMatchObject({ kind: 'Status', status: 'Failure', code });
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect((await send('/healthz', { token: '' })).code).toBe(200);
  });

  test.each([
    ['GET', `${MAPS}?labelSelector=a%20in%20(`, 400],
    ['GET', `${MAPS}?labelSelector=${'a'.repeat(300)}%3Db`, 400],
    ['GET', `${MAPS}?fieldSelector=%3D%3D`, 400],
    ['GET', `${MAPS}?limit=1e9`, 400],
    ['GET', `${MAPS}?watch=true&timeoutSeconds=-1`, 422],
    ['GET', '/api/v1/namespaces/%zz/configmaps', 400],
    ['GET', '/api/v1/namespaces/default/configmaps/a%2Fb', 404],
    ['GET', '/api/v1/namespaces/default/configmaps/%00', 404],
    ['GET', `/api/v1/namespaces/default/configmaps/${'a'.repeat(300)}`, 404],
    ['GET', '/api/v1/namespaces/default/__proto__', 404],
    ['GET', '/apis/__proto__/constructor', 404],
    ['GET', '/api/v1/namespaces/default/configmaps/a/b/c', 404],
    ['POST', `${MAPS}/a`, 405],
    ['PUT', MAPS, 405],
    ['PATCH', MAPS, 405],
    ['POST', '/api/v1/namespaces/default/pods', 405],
    ['DELETE', '/api/v1/configmaps', 405],
    ['POST', '/', 405],
    ['POST', '/version', 405],
  ])('%s %s answers %i', async (method, path, code) => {
    const answered = await send(path, {
      method,
      headers: JSON_TYPE,
      body: method === 'GET' ? '' : '{"metadata":{"name":"a"}}',
    });
    expect([answered.code, answered.text.slice(0, 300)]).toEqual([code, expect.stringContaining('"kind":"Status"')]);
  });

  test('an object that is too large to store is refused', async () => {
    const task = { metadata: { name: 'a' }, spec: { description: 'x'.repeat(2_000_000), steps: [{ image: 'i' }] } };
    const answered = await post('/apis/tekton.dev/v1/namespaces/default/tasks', task);
    expect(answered.json()).toMatchObject({ code: 413, reason: 'RequestEntityTooLarge' });
  });

  test('a client that sends all of a body that is too large gets the answer, not a broken pipe', async () => {
    const socket = connect({ host: '127.0.0.1', port: Number(new URL(registry.url).port), rejectUnauthorized: false });
    const problems: Error[] = [];
    socket.on('error', (error: Error) => problems.push(error));
    const head = `POST ${MAPS} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer admin-token\r\ncontent-type: application/json`;
    socket.write(`${head}\r\ncontent-length: 10000000\r\n\r\n`);
    for (let sent = 0; sent < 10; sent++) {
      await new Promise((resolve) => setTimeout(resolve, 10)); // as long as it takes to close a connection early
      await new Promise<unknown>((resolve) => socket.write(Buffer.alloc(1_000_000, ' '), resolve));
    }
    const answer = await new Promise<string>((resolve) => {
      socket.once('data', (data: Buffer) => resolve(data.toString())).once('close', () => resolve('closed'));
    });
    expect([answer, problems]).toEqual([expect.stringMatching(/^HTTP\/1.1 413[\s\S]*limit is/), []]);
    socket.destroy();
  });

  test('bytes that are no request are answered, too', async () => {
    for (const [bytes, code] of [
      ['nonsense\r\n\r\n', 400],
      [`GET / HTTP/1.1\r\nx: ${'y'.repeat(100_000)}\r\n\r\n`, 431],
    ] as const) {
      const socket = connect({
        host: '127.0.0.1',
        port: Number(new URL(registry.url).port),
        rejectUnauthorized: false,
      });
      const answer = new Promise<string>((resolve) => socket.once('data', (data: Buffer) => resolve(data.toString())));
      socket.on('error', () => undefined);
      socket.write(bytes);
      expect(await answer).toMatch(new RegExp(`^HTTP/1.1 ${code}[\\s\\S]*"kind":"Status"`));
      socket.destroy();
    }
  });

  test('a form that nobody can give is 406', async () => {
    expect((await send(MAPS, { headers: { accept: 'image/png' } })).json()).toMatchObject({
      code: 406,
      reason: 'NotAcceptable',
    });
  });

  test('many unauthenticated bodies are refused before they are read', async () => {
    const socket = connect({
      host: '127.0.0.1',
      port: Number(new URL(registry.url).port),
      rejectUnauthorized: false,
    });
    const answer = new Promise<string>((resolve) => socket.once('data', (bytes: Buffer) => resolve(bytes.toString())));
    socket.write(
      `POST ${MAPS} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 3000000\r\n\r\n{`,
    );
    expect(await answer).toMatch(/^HTTP\/1.1 401/);
    socket.destroy();
  });
});
