import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GitServer } from './git-server.js';

/** A commit with entries that git would not make: mode, object and path. */
export function forge(
  server: GitServer,
  name: string,
  entries: readonly (readonly [mode: string, text: string, path: string])[],
): void {
  server.commit(name, {});
  const work = join(server.root, `${name}.work`);
  const objects = entries.map(([mode, text, path]) => {
    const file = join(work, '.forged');
    writeFileSync(file, text);
    const blob = mode === '160000' ? text : server.git(['hash-object', '-w', file], work);
    rmSync(file);
    return `${mode} ${mode === '160000' ? 'commit' : 'blob'} ${blob}\t${path}\n`;
  });
  const list = join(work, '.list');
  writeFileSync(list, objects.join(''));
  const tree = server.git(['-c', 'alias.mk=!git mktree --missing < .list', 'mk'], work);
  rmSync(list);
  const commit = server.git(['commit-tree', '-m', 'forged', tree], work);
  server.git(['push', '-q', '--force', join(server.root, `${name}.git`), `${commit}:refs/heads/main`], work);
}
