// Two registries on one PostgreSQL: what one writes, the other reads and watches.

import {
  eventually,
  findPostgres,
  startTestNats,
  startTestPostgres,
  type TestNats,
  type TestPostgres,
} from '@slipway/testing';
import { startTestRegistry, type Answered, type TestRegistry } from './running-registry.js';

const MAPS = '/api/v1/namespaces/default/configmaps';
const bin = await findPostgres();
if (bin === undefined) process.stderr.write('PostgreSQL is not installed: the tests of replicas are skipped\n');
const describeWithPostgres = bin === undefined ? describe.skip : describe;

describeWithPostgres('two replicas on PostgreSQL', () => {
  let postgres: TestPostgres;
  let nats: TestNats;
  let one: TestRegistry;
  let two: TestRegistry;

  beforeAll(async () => {
    [postgres, nats] = await Promise.all([startTestPostgres(bin!), startTestNats()]);
    const database = await postgres.createDatabase();
    one = await startTestRegistry({ database, nats });
    two = await startTestRegistry({ database, nats });
  });
  afterAll(async () => {
    await Promise.all([one?.close(), two?.close()]);
    await nats?.close();
    await postgres?.stop();
  });

  const create = (registry: TestRegistry, name: string): Promise<Answered> =>
    registry.fetch(MAPS, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ metadata: { name } }),
    });

  test('a write at one is seen by reads and watches at the other', async () => {
    const response = await two.open(`${MAPS}?watch=true&timeoutSeconds=30`);
    let seen = '';
    response.on('data', (bytes: Buffer) => (seen += bytes.toString()));
    const created = (await create(one, 'a')).json<{ metadata: { resourceVersion: string } }>();
    expect((await two.fetch(`${MAPS}/a`)).code).toBe(200);
    await eventually(() => seen.includes('"name":"a"'));
    await create(two, 'b');
    await eventually(() => seen.includes('"name":"b"'));
    response.destroy();
    const from = created.metadata.resourceVersion;
    const later = await two.fetch(`${MAPS}?watch=true&resourceVersion=${from}&timeoutSeconds=1`);
    expect(later.text).toContain('"name":"b"');
  });

  test('of two creations of one name, one is refused', async () => {
    const codes = await Promise.all([create(one, 'same'), create(two, 'same')]);
    expect(codes.map(({ code }) => code).sort()).toEqual([201, 409]);
  });

  test('concurrent patches at both all count', async () => {
    await create(one, 'counter');
    const patch = (registry: TestRegistry, i: number): Promise<Answered> =>
      registry.fetch(`${MAPS}/counter`, {
        method: 'PATCH',
        headers: { 'content-type': 'application/merge-patch+json' },
        body: `{"data":{"k${i}":"v"}}`,
      });
    const all = await Promise.all(Array.from({ length: 10 }, (_, i) => patch(i % 2 === 0 ? one : two, i)));
    expect(all.map(({ code }) => code)).toEqual(Array<number>(10).fill(200));
    expect(Object.keys((await one.fetch(`${MAPS}/counter`)).json<{ data: object }>().data)).toHaveLength(10);
  });

  test('PostgreSQL killed: requests are told to come back, and served when it is back', async () => {
    await postgres.kill();
    const refused = await one.fetch(`${MAPS}/a`);
    expect(refused.json()).toMatchObject({
      code: 503,
      reason: 'ServiceUnavailable',
      details: { retryAfterSeconds: 1 },
    });
    await postgres.restart();
    await eventually(async () => (await one.fetch(`${MAPS}/a`)).code === 200, { deadlineMs: 20_000 });
    expect((await create(two, 'after')).code).toBe(201);
  });
});
