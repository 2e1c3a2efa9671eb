// The far side of the example files, on this machine: the servers that they name stand below addresses of loopback, and
// every program is told so in the way that it offers its operators.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startGitServer } from '../../apps/resources/test/git-server.js';
import { makeRepositories } from './repositories.js';
import { writeStandIns } from './stand-ins.js';

export interface FarSide {
  /** Settings of git: `url.<ours>.insteadOf`, `https://github.com/`. */
  gitSettings: readonly (readonly [key: string, value: string])[];
  /** Variables for `slipway up`. */
  env: NodeJS.ProcessEnv;
  /** The images file for `slipway up --images`. */
  images: string;
  stop(): Promise<void>;
}

/** @param koApp the folder with the programs of Slipway's own steps */
export async function startFarSide(koApp: string): Promise<FarSide> {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-far-side-'));
  const git = await startGitServer();
  makeRepositories(git);
  const gitSettings = [[`url.${git.url}/github.com/.insteadOf`, 'https://github.com/']] as const;
  return {
    gitSettings,
    env: {
      GIT_CONFIG_COUNT: String(gitSettings.length),
      ...Object.fromEntries(
        gitSettings.flatMap(([key, value], i) => [
          [`GIT_CONFIG_KEY_${i}`, key],
          [`GIT_CONFIG_VALUE_${i}`, value],
        ]),
      ),
    },
    images: writeStandIns(folder, koApp, { gitSettings }),
    async stop() {
      await git.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
