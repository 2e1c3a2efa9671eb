// The supervisor process of a pod, seen from outside: start it, ask whether it lives, tell it to stop.

import { spawn } from 'node:child_process';
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { readBounded } from './files.js';
import type { PodFolder } from './pod-folder.js';

/**
 * Starts the pod's supervisor, in a session of its own, with nothing of our environment. A second one for the same pod
 * ends at once by itself. Resolves when the program runs; `onExit` is called when it has ended.
 */
export async function launchSupervisor(folder: PodFolder, binDir: string, onExit: () => void): Promise<void> {
  const log = openSync(folder.file('supervisor.log'), 'a', 0o600);
  try {
    const child = spawn(join(binDir, 'supervisor'), ['run', folder.path], {
      detached: true,
      cwd: '/',
      env: {},
      stdio: ['ignore', log, log],
    });
    await new Promise<void>((resolve, reject) => child.once('spawn', resolve).once('error', reject));
    child.once('exit', onExit);
    child.unref();
  } finally {
    closeSync(log);
  }
}

/** True while the pod's supervisor lives: it alone holds the reading end of the control fifo. */
export function isSupervised(folder: PodFolder): boolean {
  return sendCommand(folder, '');
}

/** Asks for SIGTERM to every container, SIGKILL after the grace. False: there is no supervisor to ask. */
export function askToStop(folder: PodFolder, graceMs: number): boolean {
  return sendCommand(folder, `stop ${graceMs}\n`);
}

/** Kills a supervisor that lives, and with it everything of its pod. */
export function killSupervisor(folder: PodFolder): void {
  const pid = Number(readBounded(folder.file('lock'), 24).toString('latin1'));
  if (Number.isSafeInteger(pid) && pid > 1 && isSupervised(folder)) process.kill(pid, 'SIGKILL');
}

function sendCommand(folder: PodFolder, command: string): boolean {
  let fifo: number;
  try {
    fifo = openSync(folder.file('control'), constants.O_WRONLY | constants.O_NONBLOCK);
  } catch {
    return false; // ENOENT: not yet or no longer; ENXIO: it is dead
  }
  try {
    if (command !== '') writeSync(fifo, command);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EAGAIN'; // full: it lives and does not read; else just dead
  } finally {
    closeSync(fifo);
  }
}
