// What stands in for images that are but a tool of this machine: the tool itself, told where the far side is.

import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { FarSide } from './far-side.js';

/** Of what the stand-ins are made. */
export interface Ingredients {
  /** This folder's own path: programs are built from `programs/` in it. */
  sources: string;
  /** The folder with the programs of Slipway's own steps. */
  koApp: string;
  gitSettings: FarSide['gitSettings'];
  /** `127.0.0.1:4000`. */
  registry: string;
}

/** What stands in for an image, as an entry of the images file. */
export interface StandIn {
  /** `*` is any run of characters. */
  image: string;
  /** Folder whose programs are found by their names. */
  path?: string;
  /** Folders that the image has. */
  mounts?: Readonly<Record<string, string>>;
}

/** Writes the programs below `folder`. */
export async function writeStandIns(
  folder: string,
  { sources, koApp, gitSettings, registry }: Ingredients,
): Promise<StandIn[]> {
  const git = join(folder, 'git');
  program(join(git, 'git'), `${gitEnvironment(gitSettings)}\nexec /usr/bin/git "$@"`);
  const gitInit = join(folder, 'ko-app');
  mkdirSync(gitInit, { recursive: true });
  cpSync(join(koApp, 'git-init'), join(gitInit, 'git-init.cjs'));
  program(join(gitInit, 'git-init'), `${gitEnvironment(gitSettings)}\nexec node /ko-app/git-init.cjs "$@"`);
  const nop = join(folder, 'nop');
  program(join(nop, 'nop'), 'echo Build successful');

  // What `go test` needs of the place where it runs: to be in GOPATH, with packages below.
  const go = join(folder, 'go');
  program(
    join(go, 'go'),
    'case "$PWD" in "$GOPATH"/src/*) find . -name "*.go" | grep -q . ;; *) echo "not in GOPATH: $PWD" >&2; exit 1 ;; esac',
  );

  const built = async (name: string, ...args: string[]): Promise<string> => {
    const outfile = join(folder, name, `${name}.mjs`);
    const entryPoints = [join(sources, 'programs', `${name}.ts`)];
    await build({ entryPoints, outfile, bundle: true, format: 'esm', platform: 'node', target: 'node20' });
    program(join(folder, name, name), `exec node ${outfile} ${args.join(' ')} "$@"`);
    return join(folder, name);
  };
  const crane = await built('crane', `http://${registry}`);
  const skopeo = await built('skopeo', registry);
  return [
    { image: '*/nop-*', mounts: { '/ko-app': nop } },
    { image: '*/crane*', path: crane },
    { image: '*/skopeo*', path: skopeo },
    { image: 'golang', path: go },
    ...GIT_IMAGES.map((image) => ({ image, mounts: { '/ko-app': gitInit }, path: git })),
  ];
}

const GIT_IMAGES = ['*/git-init:*', '*/git-clone:*', '*/alpine-git-nonroot*', '*alpine/git*', '*cloud-builders/git*'];

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
