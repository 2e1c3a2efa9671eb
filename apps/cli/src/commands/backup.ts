import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { CliConfig } from '../config.js';
import { EXIT } from '../exit-code.js';
import { notWritten } from '../not-written.js';
import type { Terminal } from '../terminal.js';

export interface BackupOptions {
  data?: string;
}

/** `slipway backup FILE`: all objects and log lines of a platform, which may run meanwhile. */
export async function backup(
  path: string,
  options: BackupOptions,
  config: CliConfig,
  terminal: Terminal,
): Promise<number> {
  const { backUp, placesOf } = await import('../platform/backup.js');
  const places = placesOf(config.state, resolve(options.data ?? config.dataDir));
  const { objects } = await backUp(places, resolve(path), Date.now());
  terminal.out(
    `${path} holds ${contentOf(places, objects)}, secrets among them: keep it where nobody else reads it.\n`,
  );
  return EXIT.succeeded;
}

/** `slipway restore FILE`: a backup into a platform that is empty and does not run. */
export async function restore(
  path: string,
  options: BackupOptions,
  config: CliConfig,
  terminal: Terminal,
): Promise<number> {
  const [{ placesOf, restore: bringBack }, { lockData }] = await Promise.all([
    import('../platform/backup.js'),
    import('../platform/data-lock.js'),
  ]);
  const dataDir = resolve(options.data ?? config.dataDir);
  const places = placesOf(config.state, dataDir);
  await mkdir(dataDir, { recursive: true, mode: 0o700 }).catch(
    notWritten(`The data folder ${dataDir}`, 'Give another one with --data.'),
  );
  const lock = await lockData(dataDir);
  try {
    const { objects } = await bringBack(places, resolve(path));
    terminal.out(`${contentOf(places, objects)} are back.\n`);
    return EXIT.succeeded;
  } finally {
    await lock.release();
  }
}

function contentOf(places: { database?: string; logs?: string }, objects: number): string {
  if (places.database === undefined) return 'the log lines';
  return places.logs === undefined ? `${objects} objects` : `${objects} objects and the log lines`;
}
