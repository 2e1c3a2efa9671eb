// What of the configuration is secret: in it, in a file that it names, or in a Secret of the cluster.

import { readFile } from 'node:fs/promises';
import { ClusterClient, loadAccess } from '@slipway/cluster';
import { SlipwayError } from '@slipway/contracts';
import type { ClusterAccess, RegistryConfig } from './config.js';
import { CREDENTIALS, ensureCredentials } from './io/cluster/credentials.js';

export interface Secrets {
  /** With its password. */
  database: string;
  /** Of our user of NATS; absent: the configuration of the bus says. */
  natsPassword?: string;
}

/** Errors: `invalid` for a file that cannot be read; those of the cluster. */
export async function readSecrets(config: RegistryConfig): Promise<Secrets> {
  const { access, databaseFile } = config;
  const database = databaseFile === undefined ? config.database : await readDatabaseFile(databaseFile);
  if (access.kind !== 'cluster' || access.credentialsSecret === undefined) return { database };
  const passwords = await credentialsOf(access, access.credentialsSecret);
  return {
    database: withPassword(database, passwords[CREDENTIALS.database]!),
    natsPassword: passwords[CREDENTIALS.nats('registry')]!,
  };
}

/** The connection string that a file holds. */
export async function readDatabaseFile(file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (cause) {
    throw new SlipwayError('invalid', 'NoDatabaseFile', `The file "${file}" cannot be read.`, {
      hint: 'DATABASE_FILE names a file that holds what DATABASE would: postgres://user:password@host:5432/name.',
      cause,
    });
  }
}

async function credentialsOf(access: ClusterAccess, secret: string): Promise<Readonly<Record<string, string>>> {
  const client = new ClusterClient(await loadAccess(access.from));
  try {
    return await ensureCredentials(client, { namespace: access.namespace, secret });
  } finally {
    client.close();
  }
}

/** A database that brings a password of its own, or needs none, is left alone. */
function withPassword(database: string, password: string): string {
  if (!/^postgres(ql)?:\/\//.test(database)) return database;
  const url = new URL(database);
  if (url.username === '' || url.password !== '') return database;
  url.password = password;
  return url.href;
}
