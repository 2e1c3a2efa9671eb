import { createHash } from 'node:crypto';
import { MIGRATIONS, missingMigrations, newestOf, type Migration } from './migrations.js';

/** What was released stays: databases out there were made by these very statements (M1). */
const RELEASED: [version: number, digest: string][] = [
  [1, '4916be7232e96d25'],
  [2, '327541c81c7f8b17'],
];

test.each(RELEASED)('migration %i is the one that was released', (version, digest) => {
  const statements = MIGRATIONS[version - 1]!.statements({ text: 'TEXT', integer: 'INTEGER' });
  expect(createHash('sha256').update(statements.join(';\n')).digest('hex').slice(0, 16)).toBe(digest);
});

test('migrations count up by one, and each has a digest', () => {
  expect(MIGRATIONS.map(({ version }) => version)).toEqual(RELEASED.map(([version]) => version));
});

test('no migration keeps out the programs of the release before it (M2)', () => {
  for (const { version, oldest } of MIGRATIONS) expect(oldest).toBeLessThanOrEqual(Math.max(1, version - 1));
});

/** A history whose n-th migration is open to programs from `oldest[n-1]` on. */
function history(...oldest: number[]): Migration[] {
  return oldest.map((from, i) => ({ version: i + 1, oldest: from, purpose: '', statements: () => [] }));
}

const table: [
  given: string,
  found: [version: number, oldest: number] | undefined,
  known: Migration[],
  then: number[],
][] = [
  ['an empty database gets all of them', undefined, history(1, 1, 2), [1, 2, 3]],
  ['one that is as it should be gets none', [2, 1], history(1, 1), []],
  ['one from before gets what is new', [1, 1], history(1, 1, 2), [2, 3]],
  ['one that a newer program has added to is taken as it is', [3, 1], history(1), []],
  ['one that has just come to need this very program is taken', [3, 2], history(1, 1), []],
];
test.each(table)('missingMigrations: %s', (_given, found, known, then) => {
  const state = found === undefined ? undefined : { version: found[0], oldest: found[1] };
  expect(missingMigrations(state, known).map(({ version }) => version)).toEqual(then);
});

test('missingMigrations refuses a database that needs a newer program, and says which', () => {
  expect(() => missingMigrations({ version: 9, oldest: 8 }, history(1, 1))).toThrow(
    'The database has schema 9, which programs from schema 8 on can use; this one knows schema 2.',
  );
});

test('every program either refuses a database or leaves it at least as new as itself', () => {
  for (let version = 1; version <= 4; version++) {
    for (let oldest = 1; oldest <= version; oldest++) {
      for (let known = 1; known <= 4; known++) {
        const migrations = history(...Array<number>(known).fill(1));
        const plan = (): number => missingMigrations({ version, oldest }, migrations).at(-1)?.version ?? version;
        if (oldest > known) expect(plan).toThrow();
        else expect(plan()).toBe(Math.max(version, newestOf(migrations)));
      }
    }
  }
});
