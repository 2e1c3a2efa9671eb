// The mirror cache, started where a folder is configured for it.

import type { NetworkGuard } from '@slipway/guarded-http';
import { gitMirrors } from '../../core/git-mirrors.js';
import { resolve } from 'node:path';
import type { Logger, Metrics } from '@slipway/service';
import type { ResourcesConfig } from '../../config.js';
import { openDoor } from './door.js';
import { MirrorCache } from './mirror-cache.js';
import { MirrorFolders } from './mirror-folders.js';

export interface GitMirrorContext {
  guard: NetworkGuard;
  logger: Logger;
  metrics: Metrics;
}

/** A cache that cannot be opened is none: steps clone by themselves, and the log says why. */
export async function startGitMirror(
  { gitMirror, gitConfig, remote }: Pick<ResourcesConfig, 'gitMirror' | 'gitConfig' | 'remote'>,
  { guard, logger, metrics }: GitMirrorContext,
): Promise<{ close: () => Promise<void> } | undefined> {
  if (gitMirror === undefined) return undefined;
  const folder = resolve(gitMirror.folder);
  try {
    const folders = await MirrorFolders.open(folder, gitMirror.maxBytes);
    const mirrors = [...remote.mirrors, ...gitMirrors(gitConfig)];
    const { programPath } = remote;
    const cache = new MirrorCache({ folders, guard, mirrors, settings: gitConfig, programPath, now: Date.now });
    return await openDoor({ folder, cache, logger, metrics });
  } catch (error) {
    logger.warn({ err: error, folder }, 'there is no mirror cache of git sources');
    return undefined;
  }
}
