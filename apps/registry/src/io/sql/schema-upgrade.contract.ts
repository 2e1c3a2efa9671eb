// What a database goes through when its programs are replaced one by one: the same cases on SQLite and on PostgreSQL.

import { CONFIG_MAPS, type Write } from '@slipway/contracts';
import type { ObjectStore } from '../object-store.js';
import { MIGRATIONS, type Migration } from './migrations.js';

export interface UpgradeWorld {
  /** A program with these migrations starts on the one database of this world. */
  open(migrations: readonly Migration[]): Promise<ObjectStore>;
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

export function create(name: string): Write {
  return {
    op: 'create',
    object: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' } },
  };
}
