// The platform of one `slipway run`: in a temporary folder, gone with the command.

import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Access } from '../api/client.js';
import type { CliConfig } from '../config.js';
import { notWritten } from '../not-written.js';
import type { Terminal } from '../terminal.js';
import { ensureCredentials } from './credentials.js';
import { lockData } from './data-lock.js';
import { startEmbedded } from './embedded.js';
import { writeImages } from './layout.js';

export interface Platform {
  access: Access;
  stop(): Promise<void>;
}

export interface EphemeralOptions {
  data?: string;
  image: string[];
  images?: string;
}

/** Pods of a command that was killed do not outlive it for long. */
const POD_GRACE_MS = 2_000;
const STOP_MS = 3_000;

export async function startEphemeral(
  options: EphemeralOptions,
  config: CliConfig,
  terminal: Terminal,
): Promise<Platform> {
  const isKept = options.data !== undefined;
  const dataDir = isKept
    ? resolve(options.data!)
    : await mkdtemp(join(tmpdir(), 'slipway-')).catch(
        notWritten(`The temporary folder ${tmpdir()}`, 'Set TMPDIR to another one, or give a folder with --data.'),
      );
  const remove = { recursive: true, force: true, maxRetries: 5, retryDelay: 50 } as const;
  const onExit = (): void => rmSync(dataDir, remove);
  if (!isKept) process.once('exit', onExit);
  const { token, tokensFile } = await ensureCredentials(dataDir);
  const lock = isKept ? await lockData(dataDir) : undefined;
  await writeImages(dataDir, {
    pairs: options.image,
    ...(options.images === undefined ? {} : { file: options.images }),
  });
  const embedded = await startEmbedded({
    dataDir,
    binDir: config.binDir,
    host: '127.0.0.1',
    port: 0,
    tokensFile,
    podGraceMs: POD_GRACE_MS,
    logLevel: config.logLevel ?? 'error',
    resources: config.resources,
    // Nobody looks at the Images of a platform that lives as long as a run.
    executor: { IMAGE_CACHE: 'false', ...config.executor },
    limits: config.limits,
    onNotice: (text) => terminal.err(`note: ${text}\n`),
    onLost: (why) => terminal.err(`note: ${why}\n`),
  });
  return {
    access: { server: embedded.url, token, namespace: 'default' },
    stop: async () => {
      const late = new Promise((resolve) => setTimeout(resolve, STOP_MS).unref());
      await Promise.race([embedded.stop(), late]);
      await lock?.release();
      if (isKept) return;
      await rm(dataDir, remove);
      process.off('exit', onExit);
    },
  };
}
