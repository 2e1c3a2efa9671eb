// The release before this one, built from the history of the repository.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, symlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ROOT = resolve(import.meta.dirname, '..');

/** What an upgrade starts from while nothing is released: a commit whose schema and streams have numbers, and little else of today. */
const BEFORE_THE_FIRST = '6c9c83add6c7886ffcb56763dafd94ae6a6f7749';

/** The newest release before this commit; undefined where the history does not have it, as in a shallow clone. */
export async function releaseBefore(): Promise<string | undefined> {
  const git = (...args: string[]): Promise<string | undefined> =>
    run('git', args, { cwd: ROOT }).then(
      ({ stdout }) => stdout.trim(),
      () => undefined,
    );
  const revision = (await git('describe', '--tags', '--match', 'v*', '--abbrev=0', 'HEAD~1')) ?? BEFORE_THE_FIRST;
  return git('rev-parse', '--verify', '--quiet', `${revision}^{commit}`);
}

/** Builds the services of a commit below `home`. They run with the npm packages of this checkout. */
export async function buildRelease(commit: string, home: string): Promise<void> {
  await mkdir(home, { recursive: true });
  await run('sh', ['-c', 'git archive --format=tar "$1" | tar -x -C "$2"', 'archive', commit, home], { cwd: ROOT });
  await linkPackages(home);
  await run('make', ['-s', '-C', 'packages/entrypoint'], { cwd: home });
  for (const app of await readdir(join(home, 'apps'))) {
    const args = ['../../scripts/build.mjs', ...(app === 'cli' ? ['--single'] : [])];
    await run(process.execPath, args, { cwd: join(home, 'apps', app) });
  }
  await run(process.execPath, ['scripts/bin-dir.mjs', '.', '.slipway/bin'], { cwd: home });
}

/** npm's packages are those of this checkout, the workspace's are the commit's own. */
async function linkPackages(home: string): Promise<void> {
  const [from, to] = [join(ROOT, 'node_modules'), join(home, 'node_modules')];
  await mkdir(join(to, '@slipway'), { recursive: true });
  for (const name of await readdir(from)) {
    if (name !== '@slipway' && !name.startsWith('.')) await symlink(join(from, name), join(to, name));
  }
  for (const area of ['packages', 'apps']) {
    for (const folder of await readdir(join(home, area))) {
      const path = join(home, area, folder);
      const { name } = JSON.parse(await readFile(join(path, 'package.json'), 'utf8')) as { name: string };
      await symlink(path, join(to, name));
      const own = join(ROOT, area, folder, 'node_modules');
      if (existsSync(own)) await symlink(own, join(path, 'node_modules'));
    }
  }
}
