// A lock between processes of one machine: a file with the holder's process id, made by one who finds none.

import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Runs `work` while no other process holds `path`. A holder that died without letting go is passed over. */
export async function withLock(path, say, work) {
  const mine = `${path}.${process.pid}`;
  writeFileSync(mine, String(process.pid));
  try {
    for (let told = false; !take(mine, path); told = true) {
      const holder = holderOf(path);
      if (holder !== undefined && !isAlive(holder)) breakLock(path, holder);
      else {
        if (!told)
          say(`waiting for another start${holder === undefined ? '' : ` (process ${holder})`} to finish setting up`);
        await sleep(200);
      }
    }
    try {
      return await work();
    } finally {
      rmSync(path, { force: true });
    }
  } finally {
    rmSync(mine, { force: true });
  }
}

/** A hard link appears whole, with its content, or not at all. */
function take(mine, path) {
  try {
    linkSync(mine, path);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

function holderOf(path) {
  try {
    return Number(readFileSync(path, 'utf8')) || undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Renaming first: of two who find the same dead holder, one gets the file, and a lock taken meanwhile is put back. */
function breakLock(path, deadPid) {
  const aside = `${path}.dead.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch {
    return; // another one was faster
  }
  if (holderOf(aside) !== deadPid) take(aside, path);
  rmSync(aside, { force: true });
}
