// The stored log lines, out of their folder and into an empty one, without a logs service.

import { mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SlipwayError, type BackupLog } from '@slipway/contracts';
import { parseRecord, type LogRecord } from './core/record.js';
import { ContainerLog } from './io/container-log.js';
import { containersIn, foldersIn, gone } from './io/log-folders.js';
import { logPath, nameOf } from './io/log-paths.js';
import { wholeLines } from './io/whole-lines.js';

/** Records of one `BackupLog`; a line of a log has up to 16 KiB. */
const RECORDS = 64;

/**
 * Hands over all that is stored below `dir`, while a logs service may use it: files are only read, and only whole lines of
 * them, up to the first that is none.
 */
export async function backupLogs(dir: string, take: (log: BackupLog) => Promise<void>): Promise<void> {
  for (const namespace of await foldersIn(dir)) {
    for (const podUid of await foldersIn(join(dir, namespace))) {
      for (const file of await containersIn(join(dir, namespace, podUid))) {
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
