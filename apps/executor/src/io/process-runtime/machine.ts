// What this machine is like: looked at once, when the runtime opens.

import { SlipwayError } from '@slipway/contracts';
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { cpus, hostname, totalmem } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { findCgroups } from './cgroups.js';
import { makeSupportFolder, readGuardedProc, readHostLayout, readResolvConf } from './host-layout.js';
import { parseImages } from './images.js';
import { StateFolder } from './pod-folder.js';
import type { Machine } from './prepare.js';

export interface MachineOptions {
  /** Everything of the runtime is below it. */
  stateDir: string;
  /** Folder with the programs `entrypoint` and `supervisor`, and `ko-app/`; pods may mount it. */
  binDir: string;
  /** YAML list of images that are at hand; see images.ts. */
  imagesFile?: string | undefined;
  /** Pods end this long after their executor went away and none came back. Milliseconds. */
  graceMs: number;
  /** Folder of the mirror cache of git sources, where there is one. */
  gitMirrorDir?: string | undefined;
}

const SANDBOX_PLACES = ['/usr/bin', '/usr/local/bin', '/bin', '/usr/sbin'];

/** Throws SlipwayError('invalid') that says what is missing on this machine. */
export async function readMachine(options: MachineOptions): Promise<Machine> {
  const state = new StateFolder(resolve(options.stateDir));
  const binDir = resolve(options.binDir);
  for (const program of ['entrypoint', 'supervisor']) {
    if (!existsSync(join(binDir, program))) {
      throw new SlipwayError('invalid', 'NotBuilt', `${join(binDir, program)} does not exist.`, {
        hint: 'Build it: npm run build -w @slipway/entrypoint',
      });
    }
  }
  for (const folder of [state.path, state.pods(), state.claims(), state.trash(), state.changed(), state.support()]) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }
  if (!existsSync(state.holder())) await promisify(execFile)(join(binDir, 'supervisor'), ['fifo', state.holder()]);
  return {
    state,
    binDir,
    sandbox: findSandbox(),
    layout: readHostLayout(),
    resolvConf: readResolvConf(),
    guardedProc: readGuardedProc(),
    images:
      options.imagesFile === undefined ? [] : parseImages(readFileSync(options.imagesFile, 'utf8'), options.imagesFile),
    cgroups: findCgroups(),
    node: { name: hostname(), cpus: cpus().length, memoryBytes: totalmem() },
    asRoot: process.getuid?.() === 0,
    graceMs: options.graceMs,
    support: makeSupportFolder(state.support(), join(binDir, 'entrypoint')),
    nodePath: process.execPath,
    gitMirrorDir: options.gitMirrorDir === undefined ? undefined : resolve(options.gitMirrorDir),
  };
}

function findSandbox(): string {
  const found = SANDBOX_PLACES.map((folder) => join(folder, 'bwrap')).find((path) => existsSync(path));
  if (found !== undefined) return found;
  throw new SlipwayError('invalid', 'NoSandbox', `bwrap was not found in ${SANDBOX_PLACES.join(delimiter)}.`, {
    hint: 'Install bubblewrap: apt-get install bubblewrap',
  });
}
