import { join } from 'node:path';
import { tempDir } from '@slipway/testing';
import { CONFIG_MAPS, configMap, create } from '../src/io/contract-objects.js';
import { openObjectStore } from '../src/io/sql/open.js';
import { listObjects } from '../src/io/sql/list.js';
import { readSqlite } from '../src/io/sql/sqlite.js';
import { objectStoreContract } from '../src/io/object-store.contract.js';
import { commitsKeepTheLaw } from './commit-law.js';

const dirs: Awaited<ReturnType<typeof tempDir>>[] = [];
afterAll(() => Promise.all(dirs.map((dir) => dir.remove())));

/** The URL of a database that is not there yet. */
async function newDatabase(): Promise<string> {
  const dir = await tempDir();
  dirs.push(dir);
  return `sqlite:${join(dir.path, 'store.db')}`;
}

objectStoreContract('SQLite', async () => openObjectStore(await newDatabase()));

test.each([1, 2, 3].map((run) => (Date.now() % 1_000_000) + run))(
  'commits of many writers at once keep the law on SQLite (seed %i)',
  async (seed) => {
    const store = await openObjectStore(await newDatabase());
    await commitsKeepTheLaw([store], seed, 100);
    await store.close();
  },
  60_000,
);

test('a file that is opened again holds what was answered', async () => {
  const path = await newDatabase();
  const first = await openObjectStore(path);
  await commitsKeepTheLaw([first], 7, 20);
  const before = await first.list({ resource: 'configmaps' });
  await first.close();
  const second = await openObjectStore(path);
  expect(await second.list({ resource: 'configmaps' })).toEqual(before);
  await second.close();
}, 60_000);

test('a list reads the text of its objects once, however small the pages are', async () => {
  const path = await newDatabase();
  const store = await openObjectStore(path);
  const data = { x: 'y'.repeat(100_000) };
  await store.commit({ writes: Array.from({ length: 50 }, (_, i) => create(configMap(`n${i}`, data))) });
  const reader = readSqlite(path.slice('sqlite:'.length));
  let readBytes = 0;
  let listed = 0;
  for (let token: string | undefined, isFirst = true; isFirst || token !== undefined; isFirst = false) {
    const page = await reader.read((sql) => {
      const all: typeof sql.all = async (...statement) => {
        const rows = await sql.all(...statement);
        for (const { body } of rows) readBytes += String(body ?? '').length;
        return rows;
      };
      const request = {
        resource: CONFIG_MAPS,
        limitBytes: 300_000,
        ...(token === undefined ? {} : { continue: token }),
      };
      return listObjects({ ...sql, all }, request);
    });
    listed += page.items.length;
    token = page.continue;
  }
  expect(listed).toBe(50);
  expect(readBytes).toBeLessThan(2 * 50 * 100_000);
  await reader.close();
  await store.close();
});

test('a list that is full looks for one more that is selected without asking for each that is not', async () => {
  const path = await newDatabase();
  const store = await openObjectStore(path);
  const others = Array.from({ length: 3_000 }, (_, i) => create(configMap(`other-${i}`)));
  const first = configMap('first', { x: 'y'.repeat(1_000) }, { labels: { app: 'x' } });
  await store.commit({ writes: [create(first), ...others] });
  const reader = readSqlite(path.slice('sqlite:'.length));
  let asked = 0;
  const { items } = await reader.read((sql) => {
    const all: typeof sql.all = (...statement) => {
      asked++;
      return sql.all(...statement);
    };
    return listObjects({ ...sql, all }, { resource: CONFIG_MAPS, labelSelector: 'app in (x, y)', limitBytes: 500 });
  });
  expect(items).toHaveLength(1);
  expect(asked).toBeLessThan(30);
  await reader.close();
  await store.close();
});
