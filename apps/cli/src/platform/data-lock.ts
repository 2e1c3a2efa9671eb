// One platform a data folder. The lock is a socket in it: it lets go when its process ends, however that happens.

import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SlipwayError } from '@slipway/contracts';

export interface DataLock {
  release(): Promise<void>;
}

/** Throws `exists` when another process runs a platform in this folder. */
export async function lockData(dataDir: string): Promise<DataLock> {
  const path = socketPath(dataDir);
  for (let attempt = 1; ; attempt++) {
    const server = createServer((socket) => socket.end(`${process.pid}\n`));
    const error = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
      server.once('error', resolve);
      server.listen(path, () => resolve(undefined));
    });
    if (error === undefined) {
      server.unref();
      return { release: () => new Promise((resolve) => server.close(() => resolve())) };
    }
    if (error.code !== 'EADDRINUSE' || attempt === 3) throw error;
    const holder = await holderOf(path);
    if (holder !== undefined) {
      throw new SlipwayError('exists', 'AlreadyRunning', `A platform runs in ${dataDir} already (process ${holder}).`, {
        hint: 'Use that one, stop it, or give another folder with --data.',
      });
    }
    await rm(path, { force: true }); // nobody answers: its process was killed
  }
}

/** A socket's path may have about a hundred bytes. */
function socketPath(dataDir: string): string {
  const path = join(dataDir, 'lock');
  if (Buffer.byteLength(path) <= 100) return path;
  return join(tmpdir(), `slipway-${createHash('sha256').update(dataDir).digest('hex').slice(0, 32)}.lock`);
}

function holderOf(path: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(path);
    socket.on('data', (chunk) => (text += chunk.toString()));
    socket.on('end', () => resolve(text.trim()));
    socket.on('error', () => resolve(undefined));
  });
}
