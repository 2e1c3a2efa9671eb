// How the schema came to be what it is, as data; docs/adr/0031-upgrades.md says why it looks so.
//
//   M1. A migration that was released never changes: a spec holds the digest of each.
//   M2. Programs of the release before go on working while the new ones start beside them. So a migration only adds (a
//       table, an index, a column with a default), and what it makes useless is taken away by a later release, whose
//       `oldest` keeps out the programs that would miss it.

import { SlipwayError } from '@slipway/contracts';
import { firstSchema } from './schema.js';

export interface ColumnTypes {
  text: string;
  integer: string;
}

export interface Migration {
  /** Counts up by one. */
  version: number;
  /** Programs that know this version or a later one can still work on the result. */
  oldest: number;
  purpose: string;
  statements: (types: ColumnTypes) => string[];
}

export const MIGRATIONS: readonly Migration[] = [
  { version: 1, oldest: 1, purpose: 'The tables.', statements: firstSchema },
  {
    version: 2,
    oldest: 1,
    purpose: 'Says which programs may work on the database.',
    statements: ({ integer }) => [`ALTER TABLE clock ADD COLUMN oldest ${integer} NOT NULL DEFAULT 1`],
  },
];

/** What a database says of itself. */
export interface SchemaState {
  version: number;
  oldest: number;
}

/** The newest schema that a program with these migrations knows. */
export function newestOf(migrations: readonly Migration[]): number {
  return migrations.at(-1)!.version;
}

/**
 * The migrations that a database still needs, in order. None for one that is ahead but still open to this program (M2).
 * `found` is undefined for an empty database. Errors: `invalid` for one that this program is too old for.
 */
export function missingMigrations(
  found: SchemaState | undefined,
  migrations: readonly Migration[] = MIGRATIONS,
): readonly Migration[] {
  if (found === undefined) return migrations;
  const known = newestOf(migrations);
  if (found.oldest > known) throw tooNew(found, known);
  return migrations.filter(({ version }) => version > found.version);
}

/**
 * Whether a program with these migrations can read what a database holds without a change to it. Errors: `invalid` for one
 * that is empty, or that it is too old or too new for.
 */
export function requireReadable(found: SchemaState | undefined, migrations: readonly Migration[] = MIGRATIONS): void {
  if (found === undefined) {
    throw new SlipwayError('invalid', 'EmptyDatabase', 'The database holds no platform.', {
      hint: 'Name that of the platform.',
    });
  }
  if (missingMigrations(found, migrations).length === 0) return;
  const known = newestOf(migrations);
  throw new SlipwayError(
    'invalid',
    'DatabaseTooOld',
    `The database has schema ${found.version}; this program reads schema ${known}, and changes nothing by reading.`,
    { hint: 'Use the release that runs on it; or upgrade first, which keeps everything.' },
  );
}

function tooNew({ version, oldest }: SchemaState, known: number): SlipwayError {
  return new SlipwayError(
    'invalid',
    'DatabaseTooNew',
    `The database has schema ${version}, which programs from schema ${oldest} on can use; this one knows schema ${known}.`,
    { hint: 'Start the newer release again, or restore a backup from before the upgrade.' },
  );
}
