// Puts together the folder that pods see read-only as /tekton/bin: the C programs, and the programs of the steps that
// Slipway adds itself below ko-app/. Run after a build by ./slipway, and by the Dockerfile.

import { chmodSync, copyFileSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const PROGRAMS = [
  ['packages/entrypoint/build/entrypoint', 'entrypoint'],
  ['packages/entrypoint/build/supervisor', 'supervisor'],
  ...['git-init', 'imagedigestexporter', 'kubeconfigwriter', 'pullrequest-init', 'gcs'].map((name) => [
    `apps/resources/dist/steps/${name}.cjs`,
    `ko-app/${name}`,
  ]),
];

/** Idempotent. A program that runs is replaced by renaming, so its processes keep the file they started from. */
export function assembleBin(root, target) {
  mkdirSync(join(target, 'ko-app'), { recursive: true });
  for (const [from, to] of PROGRAMS) {
    if (existsSync(join(root, from))) place(join(root, from), join(target, to));
  }
  // The steps' shebang is /ko-app/node; the executor mounts its own Node there, over this file.
  rmSync(join(target, 'ko-app/node'), { force: true });
  writeFileSync(join(target, 'ko-app/node'), '', { mode: 0o755 });
}

function place(from, to) {
  const fresh = `${to}.new`;
  rmSync(fresh, { force: true });
  copyFileSync(from, fresh);
  chmodSync(fresh, 0o755);
  renameSync(fresh, to);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [root, target] = process.argv.slice(2);
  if (root === undefined || target === undefined) throw new Error('usage: node scripts/bin-dir.mjs CHECKOUT TARGET');
  assembleBin(root, target);
}
