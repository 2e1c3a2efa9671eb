import { setTimeout as sleep } from 'node:timers/promises';
import { CONFIG_MAPS, type Write } from '@slipway/contracts';
import { eventually, findPostgres, startTestPostgres, type TestPostgres } from '@slipway/testing';
import { openObjectStore } from '../src/io/sql/open.js';
import { objectStoreContract } from '../src/io/object-store.contract.js';
import { commitsKeepTheLaw } from './commit-law.js';

const MINUTE_MS = 60_000;

const bin = await findPostgres();

if (bin === undefined) {
  test.skip('NO POSTGRESQL ON THIS MACHINE: the contract of the object store is not checked on it', () => undefined);
} else {
  let server: TestPostgres;
  beforeAll(async () => {
    server = await startTestPostgres(bin);
  }, MINUTE_MS);
  afterAll(() => server.stop());

  objectStoreContract('PostgreSQL', async () => openObjectStore(await server.createDatabase()));

  test.each([1, 2, 3].map((run) => (Date.now() % 1_000_000) + run))(
    'commits of many writers on three registries keep the law on PostgreSQL (seed %i)',
    async (seed) => {
      const url = await server.createDatabase();
      const stores = await Promise.all([1, 2, 3].map(() => openObjectStore(url)));
      await commitsKeepTheLaw(stores, seed, 40);
      await Promise.all(stores.map((store) => store.close()));
    },
    MINUTE_MS,
  );

  test(
    'one registry relays, another takes over, and each hears of the commits of all',
    async () => {
      const url = await server.createDatabase();
      const [first, second] = await Promise.all([openObjectStore(url), openObjectStore(url)]);
      const stop = new AbortController();
      const held = await first.becomeSole('relay', stop.signal);
      let isSecond = false;
      const waiting = second.becomeSole('relay', stop.signal).then(() => (isSecond = true));
      let heard = 0;
      second.onCommitted(() => heard++);
      const before = heard;
      await first.commit({ writes: [create('a')] });
      await eventually(() => heard > before);
      expect(isSecond).toBe(false);
      await first.close();
      expect(held.aborted).toBe(true);
      await waiting;
      await second.close();
    },
    MINUTE_MS,
  );

  test(
    'PostgreSQL killed and started again in the middle of commits loses none and does none twice',
    async () => {
      const store = await openObjectStore(await server.createDatabase());
      let isWriting = true;
      const answered: string[] = [];
      const writer = async (id: number): Promise<void> => {
        for (let n = 0; isWriting; n++) {
          const name = `w${id}-${n}`;
          await store.commit({ writes: [create(name)] }); // done twice it would be refused as existing
          answered.push(name);
        }
      };
      const writers = Promise.all([1, 2, 3, 4].map(writer));
      for (let round = 0; round < 3; round++) {
        await sleep(300);
        await server.kill();
        await sleep(100);
        await server.restart();
      }
      await sleep(300);
      isWriting = false;
      await writers;
      const { items } = await store.list({ resource: CONFIG_MAPS });
      expect(items.map((item) => item.key.name).sort()).toEqual(answered.sort());
      const revisions = (await store.outbox(0, 1_000_000)).map((row) => row.revision);
      expect(revisions).toEqual(answered.map((_, i) => i + 1));
      await store.close();
    },
    2 * MINUTE_MS,
  );

  test('an address that leads nowhere says what is wrong', async () => {
    const url = await server.createDatabase();
    await expect(openObjectStore(`${url}-missing`)).rejects.toMatchObject({ kind: 'invalid', reason: 'BadDatabase' });
  });
}

function create(name: string): Write {
  return { op: 'create', object: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'ns' } } };
}
