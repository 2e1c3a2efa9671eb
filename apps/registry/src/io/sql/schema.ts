// The tables, once for both databases. A change of them is a migration (migrations.ts), and never one of `firstSchema`.

import type { Table } from './database.js';

export const OBJECTS: Table = {
  name: 'objects',
  columns: [
    ['resource', 'text'],
    ['namespace', 'text'],
    ['name', 'text'],
    ['uid', 'text'],
    ['revision', 'integer'],
    ['shard', 'integer'],
    ['labels', 'text'],
    ['body', 'text'],
  ],
  keyColumns: 3,
};

/** Which objects name which owner. */
export const OWNERS: Table = {
  name: 'owners',
  columns: [
    ['owner', 'text'],
    ['resource', 'text'],
    ['namespace', 'text'],
    ['name', 'text'],
  ],
  keyColumns: 4,
};

/** Changes that are not known to be published yet. */
export const OUTBOX: Table = {
  name: 'outbox',
  columns: [
    ['revision', 'integer'],
    ['shard', 'integer'],
    ['resource', 'text'],
    ['namespace', 'text'],
    ['name', 'text'],
    ['uid', 'text'],
    ['body', 'text'],
  ],
  keyColumns: 1,
};

/** The last state of deleted objects, for watchers that come back. */
export const TOMBSTONES: Table = {
  name: 'tombstones',
  columns: [
    ['revision', 'integer'],
    ['at_ms', 'integer'],
    ['resource', 'text'],
    ['namespace', 'text'],
    ['name', 'text'],
    ['uid', 'text'],
    ['shard', 'integer'],
    ['body', 'text'],
  ],
  keyColumns: 1,
};

export const SHARDS: Table = {
  name: 'shards',
  columns: [
    ['shard', 'integer'],
    ['sequence', 'integer'],
  ],
  keyColumns: 1,
};

/** Commit ids and what was answered. */
export const COMMITS: Table = {
  name: 'commits',
  columns: [
    ['id', 'text'],
    ['at_ms', 'integer'],
    ['reply', 'text'],
  ],
  keyColumns: 1,
};

export const LEASES: Table = {
  name: 'leases',
  columns: [
    ['service', 'text'],
    ['shard', 'integer'],
    ['holder', 'text'],
    ['incarnation', 'text'],
    ['token', 'integer'],
    ['expires_ms', 'integer'],
  ],
  keyColumns: 2,
};

export const MEMBERS: Table = {
  name: 'members',
  columns: [
    ['service', 'text'],
    ['holder', 'text'],
    ['incarnation', 'text'],
    ['expires_ms', 'integer'],
    ['leaving', 'integer'],
  ],
  keyColumns: 2,
};

const TABLES = [OBJECTS, OWNERS, OUTBOX, TOMBSTONES, SHARDS, COMMITS, LEASES, MEMBERS];

/** The tables as they were at first. What came later is in the migrations. */
export function firstSchema(types: { text: string; integer: string }): string[] {
  return [
    ...TABLES.map((table) => {
      const columns = table.columns.map(([name, type]) => `${name} ${types[type]} NOT NULL`);
      const key = table.columns.slice(0, table.keyColumns).map(([name]) => name);
      return `CREATE TABLE IF NOT EXISTS ${table.name} (${columns.join(', ')}, PRIMARY KEY (${key.join(', ')}))`;
    }),
    `CREATE TABLE IF NOT EXISTS clock (id ${types.integer} PRIMARY KEY, version ${types.integer} NOT NULL,
       revision ${types.integer} NOT NULL, compacted ${types.integer} NOT NULL)`,
    'INSERT INTO clock (id, version, revision, compacted) VALUES (1, 1, 0, 0) ON CONFLICT (id) DO NOTHING',
    'CREATE INDEX IF NOT EXISTS objects_by_shard ON objects (resource, shard)',
    'CREATE INDEX IF NOT EXISTS owners_by_object ON owners (resource, namespace, name)',
    'CREATE INDEX IF NOT EXISTS commits_by_time ON commits (at_ms)',
    'CREATE INDEX IF NOT EXISTS tombstones_by_time ON tombstones (at_ms)',
  ];
}
