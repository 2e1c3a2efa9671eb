// What stands in for images that are but a tool of this machine: the tool itself, told where the far side is.

import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FarSide } from './far-side.js';

/** Writes programs and the images file below `folder`; the path of the file. `koApp`: the folder of our own git-init. */
export function writeStandIns(folder: string, koApp: string, far: Pick<FarSide, 'gitSettings'>): string {
  const git = join(folder, 'git');
  program(join(git, 'git'), `${gitEnvironment(far.gitSettings)}\nexec /usr/bin/git "$@"`);
  const gitInit = join(folder, 'ko-app');
  mkdirSync(gitInit, { recursive: true });
  cpSync(join(koApp, 'git-init'), join(gitInit, 'git-init.cjs'));
  program(join(gitInit, 'git-init'), `${gitEnvironment(far.gitSettings)}\nexec node /ko-app/git-init.cjs "$@"`);
  const nop = join(folder, 'nop');
  program(join(nop, 'nop'), 'echo Build successful');
  const images = [
    { image: '*/nop-*', mounts: { '/ko-app': nop } },
    ...['*/git-init:*', '*/git-clone:*', '*/alpine-git-nonroot*', '*alpine/git*', '*cloud-builders/git*'].map(
      (image) => ({
        image,
        mounts: { '/ko-app': gitInit },
        path: git,
      }),
    ),
  ];
  const file = join(folder, 'images.yaml');
  writeFileSync(file, JSON.stringify(images));
  return file;
}

/** git takes settings from the environment; steps that run it themselves are given them by their image. */
function gitEnvironment(settings: FarSide['gitSettings']): string {
  return [
    `export GIT_CONFIG_COUNT=${settings.length}`,
    ...settings.flatMap(([key, value], i) => [
      `export GIT_CONFIG_KEY_${i}='${key}'`,
      `export GIT_CONFIG_VALUE_${i}='${value}'`,
    ]),
  ].join('\n');
}

function program(file: string, body: string): void {
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, `#!/bin/sh\n${body}\n`, { mode: 0o755 });
}
