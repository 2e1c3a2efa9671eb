// A platform's state into a file and back: every object, and every log line.

import { access } from 'node:fs/promises';
import { join } from 'node:path';
import {
  BACKUP_FORMAT,
  SlipwayError,
  timeOf,
  type BackupEnd,
  type BackupLog,
  type KubeObject,
} from '@slipway/contracts';
import { backupLogs, restoreLogs } from '@slipway/logs/backup';
import { backupObjects, restoreObjects } from '@slipway/registry/backup';
import { readBackup, writeBackup } from './backup-file.js';

/** Where a platform keeps its state; what is absent is left out. */
export interface Places {
  /** `sqlite:<path>` or `postgres://…`. */
  database?: string;
  /** A folder. */
  logs?: string;
}

/** Those that DATABASE and LOGS_DATA name, as for the services; with neither, those of a data folder. */
export function placesOf(named: Places, dataDir: string): Places {
  const isNamed = named.database !== undefined || named.logs !== undefined;
  return isNamed ? named : { database: `sqlite:${join(dataDir, 'registry.db')}`, logs: join(dataDir, 'logs') };
}

/** Writes a backup, whether the platform runs or not. */
export async function backUp({ database, logs }: Places, path: string, nowMs: number): Promise<BackupEnd> {
  if (database?.startsWith('sqlite:') === true) await mustExist(database.slice('sqlite:'.length));
  return writeBackup(path, async (write) => {
    await write({ head: { format: BACKUP_FORMAT, time: timeOf(nowMs) } });
    // Objects first: of pods that come into being meanwhile the lines would belong to nobody.
    const position = database === undefined ? undefined : await backupObjects(database, (object) => write({ object }));
    if (logs !== undefined) await backupLogs(logs, (log) => write({ log }));
    return position;
  });
}

async function mustExist(path: string): Promise<void> {
  await access(path).catch(() => {
    throw new SlipwayError('not-found', 'NoPlatform', `${path} is not there.`, {
      hint: 'Name the data folder of the platform with --data.',
    });
  });
}

/** Fills an empty platform that does not run. Reads the backup to its end before anything is written. */
export async function restore({ database, logs }: Places, path: string): Promise<BackupEnd> {
  const end = await checked(path);
  if (database !== undefined) {
    if (end.position === undefined) throw lacks(path, 'objects');
    await restoreObjects(database, end.position, objectsOf(path));
  }
  if (logs !== undefined) await restoreLogs(logs, logsOf(path));
  return end;
}

async function checked(path: string): Promise<BackupEnd> {
  let end: BackupEnd | undefined;
  for await (const record of readBackup(path)) if ('end' in record) end = record.end;
  return end!;
}

async function* objectsOf(path: string): AsyncGenerator<KubeObject> {
  for await (const record of readBackup(path)) if ('object' in record) yield record.object;
}

async function* logsOf(path: string): AsyncGenerator<BackupLog> {
  for await (const record of readBackup(path)) if ('log' in record) yield record.log;
}

function lacks(path: string, what: string): SlipwayError {
  return new SlipwayError('invalid', 'BackupLacks', `${path} holds no ${what}.`);
}
