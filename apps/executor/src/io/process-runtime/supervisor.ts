// The supervisor process of a pod, seen from outside: start it, ask whether it lives, tell it to stop.

import { spawn, type ChildProcess } from 'node:child_process';
import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmdirSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { readBounded } from './files.js';
import type { PodFolder } from './pod-folder.js';

/** One that is started and waits for its pod. */
interface Spare {
  child: ChildProcess;
  /** Its control group; undefined: none. */
  cgroup: string | undefined;
  /** Called when it has ended. */
  onExit: () => void;
}

/** Enough for the hand-over from one task to the next; in a burst the others start as they are wanted. */
const SPARES = 2;

/**
 * Keeps a few supervisors that are already running, so that a pod waits neither for a process to start nor for the kernel
 * to move it into its control group. They end with this process; those that have their pod do not.
 */
export class Supervisors {
  readonly #spares: Spare[] = [];
  #isClosed = false;
  #count = 0;

  constructor(
    private readonly binDir: string,
    /** Folder that control groups of pods are made below, and what bounds each; undefined: there are none here. */
    private readonly cgroups: { folder: string; values: Readonly<Record<string, string>> } | undefined,
  ) {
    if (cgroups !== undefined) removeUnusedGroups(cgroups.folder);
  }

  /** Starts what is missing to the spare ones. */
  async refill(): Promise<void> {
    while (!this.#isClosed && this.#spares.length < SPARES) this.#spares.push(await this.#start());
  }

  /**
   * Gives the pod a supervisor, with nothing of our environment. A second one for the same pod ends at once by itself.
   * `onExit` is called when it has ended.
   */
  async launch(folder: PodFolder, onExit: () => void): Promise<void> {
    const spare = this.#spares.shift() ?? (await this.#start());
    spare.onExit = onExit;
    spare.child.stdin!.end(`${folder.path}\n`);
    setImmediate(() => void this.refill().catch(() => undefined)); // the next launch tries again, and says what is wrong
  }

  close(): void {
    this.#isClosed = true;
    for (const { child } of this.#spares.splice(0)) child.stdin!.end();
  }

  async #start(): Promise<Spare> {
    const cgroup = this.cgroups === undefined ? undefined : this.#makeGroup(this.cgroups);
    const child = spawn(join(this.binDir, 'supervisor'), ['wait', cgroup ?? '-'], {
      detached: true,
      cwd: '/',
      env: {},
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    await new Promise<void>((resolve, reject) => child.once('spawn', resolve).once('error', reject));
    const spare: Spare = { child, cgroup, onExit: () => undefined };
    child.stdin.on('error', () => undefined); // it has died: its exit tells
    child.once('exit', () => {
      const index = this.#spares.indexOf(spare);
      if (index >= 0) this.#spares.splice(index, 1);
      if (cgroup !== undefined) removeGroup(cgroup);
      spare.onExit();
    });
    child.unref();
    (child.stdin as Socket).unref();
    return spare;
  }

  #makeGroup({ folder, values }: { folder: string; values: Readonly<Record<string, string>> }): string | undefined {
    const path = join(folder, `pod-${process.pid}-${Date.now()}-${this.#count++}`);
    try {
      mkdirSync(path, { recursive: true });
      for (const [file, value] of Object.entries(values)) writeFileSync(join(path, file), value);
      return path;
    } catch {
      return undefined; // limits are for where the machine lets us
    }
  }
}

/** The control group that a pod's supervisor was in, once it has ended. */
export function removeGroupOf(folder: PodFolder): void {
  const path = readBounded(folder.file('cgroup'), 4096).toString('utf8');
  if (path !== '') removeGroup(path);
}

function removeGroup(path: string): void {
  try {
    rmdirSync(path);
  } catch {
    // Gone, or a process of it is still on its way out; the next runtime that opens looks again.
  }
}

/** Of supervisors that died without an executor. */
function removeUnusedGroups(folder: string): void {
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) {
    const [, pid] = /^pod-(\d+)-/.exec(name) ?? [];
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) removeGroup(join(folder, name));
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
