// ssh looks for its keys in the home of the user database, whatever HOME says; the credentials are in HOME.

import { lstatSync, symlinkSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';

/** Links ~/.ssh of the user database to $HOME/.ssh when only the latter is there. Best effort: ssh itself will complain. */
export function useHomeForSsh(home: string | undefined): void {
  try {
    const real = userInfo().homedir;
    if (home === undefined || home === real || !exists(join(home, '.ssh')) || exists(join(real, '.ssh'))) return;
    symlinkSync(join(home, '.ssh'), join(real, '.ssh'));
  } catch {
    // an unknown user, a read-only home: nothing to be done from here
  }
}

function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
