// Following a log file that somebody else appends to.

import type { LogLine } from '@slipway/contracts';
import { watch } from 'node:fs';
import { open } from 'node:fs/promises';
import { parseLogLine, splitLines } from './log-lines.js';

const CHUNK_BYTES = 256 * 1024;
/** A notification may be lost when the kernel's queue is full; nobody should wait longer than this for a line. */
const LOOK_AGAIN_MS = 1000;

/**
 * Lines of the file from number `from`, in batches as they come. Ends when `hasEnded` said so before the last look at
 * the file, or when aborted.
 */
export async function* followLog(
  path: string,
  from: number,
  container: { hasEnded: () => boolean; onChange: (listener: () => void) => () => void },
  signal: AbortSignal,
): AsyncGenerator<LogLine[]> {
  const changes = watchFile(path);
  const forget = container.onChange(() => changes.wake());
  const file = await open(path, 'r').catch((error: unknown) => {
    forget();
    changes.close();
    throw error;
  });
  const onAbort = (): void => changes.wake();
  signal.addEventListener('abort', onAbort);
  try {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    let skip = from;
    let rest: Buffer = Buffer.alloc(0);
    let position = 0;
    while (!signal.aborted) {
      const ended = container.hasEnded(); // before the look: what was written before the end is then seen
      const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES, position);
      position += bytesRead;
      if (bytesRead > 0) {
        const split = splitLines(Buffer.concat([rest, chunk.subarray(0, bytesRead)]));
        rest = split.rest;
        const lines = split.lines.slice(skip);
        skip -= Math.min(skip, split.lines.length);
        if (lines.length > 0) yield lines.map(parseLogLine);
        continue;
      }
      if (ended) return;
      await changes.next();
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    forget();
    changes.close();
    await file.close();
  }
}

/** `next` resolves when something happened since it last resolved; no event between two looks is lost. */
function watchFile(path: string): { next(): Promise<void>; wake(): void; close(): void } {
  let happened = false;
  let resume: (() => void) | undefined;
  const wake = (): void => {
    happened = true;
    resume?.();
  };
  const watcher = watch(path, wake).on('error', wake);
  return {
    wake,
    close: () => watcher.close(),
    async next() {
      if (!happened) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, LOOK_AGAIN_MS);
          resume = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      resume = undefined;
      happened = false;
    },
  };
}
