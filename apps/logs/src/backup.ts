// The stored log lines, out of their folder and into an empty one, without a logs service.

import type { Dirent } from 'node:fs';
import { mkdir, open, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SlipwayError, type BackupLog } from '@slipway/contracts';
import { parseRecord, type LogRecord } from './core/record.js';
import { ContainerLog } from './io/container-log.js';
import { isLogPart, logPath, nameOf } from './io/log-paths.js';
import { wholeLines } from './io/whole-lines.js';

/** Records of one `BackupLog`; a line of a log has up to 16 KiB. */
const RECORDS = 64;

/**
 * Hands over all that is stored below `dir`, while a logs service may use it: files are only read, and only whole lines of
 * them, up to the first that is none.
 */
export async function backupLogs(dir: string, take: (log: BackupLog) => Promise<void>): Promise<void> {
  for (const namespace of await parts(dir)) {
    for (const podUid of await parts(join(dir, namespace))) {
      for (const file of await filesOf(join(dir, namespace, podUid))) {
        const of = { namespace: nameOf(namespace), podUid: nameOf(podUid), container: nameOf(file) };
        for await (const records of wholeRecords(join(dir, namespace, podUid, `${file}.log`))) {
          await take({ ...of, records });
        }
      }
    }
  }
}

/** Writes logs below `dir`. Errors: `invalid` for what is no log. */
export async function restoreLogs(dir: string, logs: AsyncIterable<BackupLog>): Promise<void> {
  let current: { path: string; log: ContainerLog } | undefined;
  try {
    for await (const { records, ...of } of logs) {
      const path = join(dir, logPath(of));
      if (current?.path !== path) {
        await current?.log.close();
        await mkdir(dirname(path), { recursive: true, mode: 0o700 });
        current = { path, log: (await ContainerLog.open(path, true))! };
      }
      await current.log.append(records.map(recordOf));
    }
  } finally {
    await current?.log.close();
  }
}

function recordOf(text: string): LogRecord {
  const record = parseRecord(text);
  if (record !== undefined) return record;
  throw new SlipwayError('invalid', 'BadBackup', 'The backup holds a log line that cannot be read.');
}

async function* wholeRecords(path: string): AsyncGenerator<string[]> {
  let records: string[] = [];
  const file = await open(path, 'r').catch(gone);
  if (file === undefined) return;
  try {
    const { size } = await file.stat();
    for await (const { text } of wholeLines(file, 0, size)) {
      if (parseRecord(text) === undefined) break; // torn off by a crash, and not cut yet
      records.push(text);
      if (records.length < RECORDS) continue;
      yield records;
      records = [];
    }
  } finally {
    await file.close();
  }
  if (records.length > 0) yield records;
}

async function parts(dir: string): Promise<string[]> {
  const entries = await entriesOf(dir);
  return entries.filter((entry) => entry.isDirectory() && isLogPart(entry.name)).map(({ name }) => name);
}

async function filesOf(dir: string): Promise<string[]> {
  const entries = await entriesOf(dir);
  const names = entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.log'))
    .map(({ name }) => name.slice(0, -4));
  return names.filter(isLogPart);
}

async function entriesOf(dir: string): Promise<Dirent[]> {
  return (await readdir(dir, { withFileTypes: true }).catch(gone)) ?? [];
}

/** A pod's folder may go while it is read, and a platform that has run nothing has none. */
function gone(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
