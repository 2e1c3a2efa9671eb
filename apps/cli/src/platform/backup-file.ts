// The file of a backup: written beside its place and moved there when it is whole; read from its head to its end.

import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { access, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { finished } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import {
  BACKUP_FORMAT,
  SlipwayError,
  type BackupEnd,
  type BackupPosition,
  type BackupRecord,
} from '@slipway/contracts';
import { notWritten } from '../not-written.js';

/** More than an object may be large; no line is longer in a file that is a backup. */
const LINE_LIMIT_BYTES = 4 * 1024 * 1024;

export type Write = (record: BackupRecord) => Promise<void>;

/**
 * Writes what `fill` gives it. Errors: `exists` when the file is there, `invalid` when it cannot be made. Nothing is left
 * when it fails.
 */
export async function writeBackup(
  path: string,
  fill: (write: Write) => Promise<BackupPosition | undefined>,
): Promise<BackupEnd> {
  if (await access(path).then(() => true, () => false)) throw new SlipwayError('exists', 'FileExists', `${path} exists.`); // prettier-ignore
  const part = `${path}.part`;
  const gzip = createGzip();
  const handle = await open(part, 'wx', 0o600) // it holds every secret
    .catch(notWritten(part, 'Name one that can be made; what a backup left that was killed may be removed.'));
  const file = handle.createWriteStream();
  const done = finished(gzip.pipe(file));
  done.catch(() => undefined); // told by the next write, or at the end
  const end: BackupEnd = { objects: 0, logs: 0 };
  const write: Write = async (record) => {
    if ('object' in record) end.objects++;
    if ('log' in record) end.logs++;
    if (!gzip.write(`${JSON.stringify(record)}\n`)) await Promise.race([once(gzip, 'drain'), done]);
  };
  try {
    const position = await fill(write);
    if (position !== undefined) end.position = position;
    await write({ end });
    gzip.end();
    await done;
    await settle(part);
    await rename(part, path);
    await settle(dirname(path));
    return end;
  } catch (error) {
    gzip.destroy();
    file.destroy();
    await rm(part, { force: true });
    throw error;
  }
}

/** Makes a file, or the names in a folder, survive a crash of the machine. */
async function settle(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The records in their order. Errors: `invalid` for what is no whole backup of a format that is known. */
export async function* readBackup(path: string): AsyncGenerator<BackupRecord> {
  const counts: BackupEnd = { objects: 0, logs: 0 };
  let isFirst = true;
  let end: BackupEnd | undefined;
  for await (const line of lines(path)) {
    const record = parse(path, line);
    if (isFirst !== 'head' in record || end !== undefined) throw bad(path, 'its parts are not in order');
    isFirst = false;
    if ('head' in record && record.head.format !== BACKUP_FORMAT) {
      throw new SlipwayError('invalid', 'BackupFormat', `${path} has format ${String(record.head.format)}.`, {
        hint: `This version reads format ${BACKUP_FORMAT}: restore with the one that made it.`,
      });
    }
    if ('object' in record) counts.objects++;
    if ('log' in record) counts.logs++;
    if ('end' in record) end = record.end;
    yield record;
  }
  if (end?.objects === counts.objects && end.logs === counts.logs) return;
  throw bad(path, end === undefined ? 'its end is missing' : 'a part of it is missing');
}

async function* lines(path: string): AsyncGenerator<string> {
  const bytes = createReadStream(path);
  const text = bytes.pipe(createGunzip());
  bytes.on('error', (error) => text.destroy(error));
  try {
    let rest: Buffer[] = [];
    let length = 0;
    for await (const block of text as AsyncIterable<Buffer>) {
      let at = 0;
      for (let newline = block.indexOf(10); newline >= 0; newline = block.indexOf(10, at)) {
        yield Buffer.concat([...rest, block.subarray(at, newline)]).toString();
        [rest, length, at] = [[], 0, newline + 1];
      }
      rest.push(block.subarray(at));
      length += block.length - at;
      if (length > LINE_LIMIT_BYTES) throw bad(path, 'a line of it is too long');
    }
  } catch (error) {
    if (error instanceof SlipwayError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new SlipwayError('not-found', 'NoBackup', `${path} is not there.`);
    if (code?.startsWith('Z_') === true) throw bad(path, 'it is cut off or no gzip');
    throw error;
  } finally {
    bytes.destroy();
    text.destroy();
  }
}

function parse(path: string, line: string): BackupRecord {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'object' && value !== null && ['head', 'object', 'log', 'end'].some((key) => key in value)) {
      return value as BackupRecord;
    }
  } catch {
    // no JSON: as bad as anything else
  }
  throw bad(path, 'it holds what is no part of one');
}

function bad(path: string, why: string): SlipwayError {
  return new SlipwayError('invalid', 'BadBackup', `${path} is not a whole backup: ${why}.`);
}
