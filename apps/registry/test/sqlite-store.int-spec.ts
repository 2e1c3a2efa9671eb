import { join } from 'node:path';
import { tempDir } from '@slipway/testing';
import { openObjectStore } from '../src/io/sql/open.js';
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
