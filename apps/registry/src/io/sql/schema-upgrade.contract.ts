// What a database goes through when its programs are replaced one by one: the same cases on SQLite and on PostgreSQL.

import { CONFIG_MAPS, type Write } from '@slipway/contracts';
import type { ObjectStore } from '../object-store.js';
import type { StoredObject } from '../../core/storage/commit-group.js';
import type { SqlReader } from './database.js';
import { MIGRATIONS, type Migration } from './migrations.js';
import { snapshotOf } from './read-snapshot.js';

export interface UpgradeWorld {
  /** A program with these migrations starts on the one database of this world. */
  open(migrations: readonly Migration[]): Promise<ObjectStore>;
  /** A program with these migrations backs it up: the names of the objects. */
  backup(migrations: readonly Migration[]): Promise<string[]>;
  close(): Promise<void>;
}

const NEXT: Migration = {
  version: MIGRATIONS.length + 1,
  oldest: 1,
  purpose: 'A column that the next release writes.',
  statements: ({ text }) => [`ALTER TABLE outbox ADD COLUMN note ${text} NOT NULL DEFAULT ''`],
};
/** Of the release after the next: only programs that know `NEXT` may stay. */
const CONTRACTS: Migration = {
  version: NEXT.version + 1,
  oldest: NEXT.version,
  purpose: 'Takes away an index.',
  statements: () => ['DROP INDEX commits_by_time'],
};
const FIRST = MIGRATIONS.slice(0, 1);

export function schemaUpgradeContract(name: string, makeWorld: () => Promise<UpgradeWorld>): void {
  describe(`schema upgrade contract: ${name}`, () => {
    let world: UpgradeWorld;
    beforeEach(async () => {
      world = await makeWorld();
    });
    afterEach(() => world.close());

    test('a database of the first schema keeps its objects and its revision', async () => {
      await world.open(FIRST).then((store) => store.close());
      const store = await world.open(MIGRATIONS);
      const { revision } = await store.commit({ writes: [create('a')] });
      await store.close();
      const newer = await world.open([...MIGRATIONS, NEXT]);
      expect((await newer.list({ resource: CONFIG_MAPS })).items.map(({ key }) => key.name)).toEqual(['a']);
      expect((await newer.commit({ writes: [create('b')] })).revision).toBe(revision + 1);
      await newer.close();
    });

    test('a program of the release before starts again after the upgrade, and both see all', async () => {
      await world.open([...MIGRATIONS, NEXT]).then((store) => store.close());
      const older = await world.open(MIGRATIONS);
      await older.commit({ writes: [create('of-the-older')] });
      expect(await older.outbox(0, 10)).toHaveLength(1);
      await older.close();
      const newer = await world.open([...MIGRATIONS, NEXT]);
      expect((await newer.list({ resource: CONFIG_MAPS })).items).toHaveLength(1);
      await newer.close();
    });

    test('a program that is too old does not start, says what to do, and changes nothing', async () => {
      await world.open([...MIGRATIONS, NEXT, CONTRACTS]).then((store) => store.close());
      await expect(world.open(MIGRATIONS)).rejects.toMatchObject({
        kind: 'invalid',
        reason: 'DatabaseTooNew',
        hint: expect.stringContaining('newer release') as string,
      });
      const again = await world.open([...MIGRATIONS, NEXT]);
      await again.commit({ writes: [create('a')] });
      await again.close();
    });

    test('a backup of a newer program is refused with what to do, and changes nothing', async () => {
      const store = await world.open(MIGRATIONS);
      await store.commit({ writes: [create('a')] });
      const closes: Migration = { ...NEXT, oldest: NEXT.version };
      await expect(world.backup([...MIGRATIONS, closes])).rejects.toMatchObject({
        kind: 'invalid',
        reason: 'DatabaseTooOld',
        hint: expect.stringContaining('release that runs') as string,
      });
      await store.commit({ writes: [create('b')] });
      await store.close();
      await world.open(MIGRATIONS).then((again) => again.close()); // it would be too old, had that been migrated
      expect(await world.backup(MIGRATIONS)).toEqual(['a', 'b']);
    });

    test('a backup of an older program that may still work on the database is whole', async () => {
      const newer = await world.open([...MIGRATIONS, NEXT]);
      await newer.commit({ writes: [create('a')] });
      expect(await world.backup(MIGRATIONS)).toEqual(['a']);
      await newer.close();
    });

    test('a backup of an empty database is refused', async () => {
      await expect(world.backup(MIGRATIONS)).rejects.toMatchObject({ reason: 'EmptyDatabase' });
    });

    test('a migration that fails leaves the database as it was', async () => {
      await world.open(MIGRATIONS).then((store) => store.close());
      const broken: Migration = { ...NEXT, statements: (types) => [...NEXT.statements(types), 'DROP TABLE not_there'] };
      await expect(world.open([...MIGRATIONS, broken])).rejects.toThrow();
      const mended = await world.open([...MIGRATIONS, NEXT]); // would fail on a column that is there already
      await mended.commit({ writes: [create('a')] });
      await mended.close();
    });
  });
}

/** What a world's `backup` answers. */
export async function namesIn(reader: SqlReader, migrations: readonly Migration[]): Promise<string[]> {
  const names: string[] = [];
  const take = (objects: readonly StoredObject[]): Promise<void> => {
    names.push(...objects.map(({ key }) => key.name));
    return Promise.resolve();
  };
  await snapshotOf(reader, take, migrations).finally(() => reader.close());
  return names;
}

export function create(name: string): Write {
  return {
    op: 'create',
    object: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' } },
  };
}
