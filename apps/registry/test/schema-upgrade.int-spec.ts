import { join } from 'node:path';
import { findPostgres, startTestPostgres, tempDir, type TestPostgres } from '@slipway/testing';
import { MIGRATIONS, type Migration } from '../src/io/sql/migrations.js';
import { openPostgres, readPostgres } from '../src/io/sql/postgres.js';
import { create, namesIn, schemaUpgradeContract } from '../src/io/sql/schema-upgrade.contract.js';
import { sqlObjectStore } from '../src/io/sql/sql-object-store.js';
import { openSqlite, readSqlite } from '../src/io/sql/sqlite.js';

schemaUpgradeContract('SQLite', async () => {
  const dir = await tempDir();
  const path = join(dir.path, 'store.db');
  return {
    open: async (migrations) => sqlObjectStore(await openSqlite(path, migrations)),
    backup: (migrations) => namesIn(readSqlite(path), migrations),
    close: () => dir.remove(),
  };
});

const bin = await findPostgres();
if (bin === undefined) process.stderr.write('PostgreSQL is not installed: upgrades of it are not tried\n');

(bin === undefined ? describe.skip : describe)('on PostgreSQL', () => {
  let server: TestPostgres;
  beforeAll(async () => {
    server = await startTestPostgres(bin!);
  });
  afterAll(() => server.stop());

  schemaUpgradeContract('PostgreSQL', async () => {
    const url = await server.createDatabase();
    return {
      open: async (migrations) => sqlObjectStore(await openPostgres(url, { migrations })),
      backup: (migrations) => namesIn(readPostgres(url), migrations),
      close: () => Promise.resolve(),
    };
  });

  const next: Migration = {
    version: MIGRATIONS.length + 1,
    oldest: 1,
    purpose: 'Fails when it is done twice.',
    statements: ({ text }) => [`ALTER TABLE outbox ADD COLUMN note ${text} NOT NULL DEFAULT ''`],
  };

  test('of several that start at once one does the migration', async () => {
    const url = await server.createDatabase();
    const all = await Promise.all([1, 2, 3, 4].map(() => openPostgres(url, { migrations: [...MIGRATIONS, next] })));
    await Promise.all(all.map((database) => database.close()));
  });

  test('a program that runs goes on while a newer one adds to the schema under it', async () => {
    const url = await server.createDatabase();
    const older = sqlObjectStore(await openPostgres(url));
    await older.commit({ writes: [create('before')] });
    expect(await older.outbox(0, 10)).toHaveLength(1); // its statements are prepared now
    const newer = sqlObjectStore(await openPostgres(url, { migrations: [...MIGRATIONS, next] }));
    await older.commit({ writes: [create('after')] });
    expect(await older.outbox(0, 10)).toHaveLength(2);
    await Promise.all([older.close(), newer.close()]);
  });

  test('a program that runs writes nothing more once the schema is not for it, and says so (P4)', async () => {
    const url = await server.createDatabase();
    const older = sqlObjectStore(await openPostgres(url));
    const contracts: Migration = { version: next.version + 1, oldest: next.version, purpose: '', statements: () => [] };
    const newer = sqlObjectStore(await openPostgres(url, { migrations: [...MIGRATIONS, next, contracts] }));
    await expect(older.commit({ writes: [create('late')] })).rejects.toMatchObject({
      kind: 'transient',
      reason: 'DatabaseTooNew',
    });
    await newer.commit({ writes: [create('early')] });
    expect((await newer.list({ resource: 'configmaps' })).items.map(({ key }) => key.name)).toEqual(['early']);
    await Promise.all([older.close(), newer.close()]);
  });

  test('a migration that waits for a long reader gives up in words, and holds up no writer meanwhile', async () => {
    const url = await server.createDatabase();
    const [older, reader] = await Promise.all([openPostgres(url), openPostgres(url)]);
    const store = sqlObjectStore(older);
    let end!: () => void;
    const ended = new Promise<void>((resolve) => (end = resolve));
    const reading = reader.read(async (sql) => {
      await sql.all('SELECT revision FROM outbox');
      await ended;
    });
    await expect(openPostgres(url, { migrations: [...MIGRATIONS, next], patienceMs: 0 })).rejects.toMatchObject({
      reason: 'DatabaseBusy',
    });
    await store.commit({ writes: [create('a')] });
    end();
    await reading;
    await openPostgres(url, { migrations: [...MIGRATIONS, next] }).then((database) => database.close());
    await Promise.all([store.close(), reader.close()]);
  });
});
