// Wakes those who wait for a namespace, whenever a run in it has ended: one watch a kind, for all files at once.

import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Kubectl } from './kubectl.js';

const KINDS = ['pipelineruns', 'taskruns', 'builds'];
/** A watch may miss an end when its server goes away: who waits looks for himself as often. */
const LOOK_MS = 15_000;
const AGAIN_MS = 500;
const COLUMNS = 'NAMESPACE:.metadata.namespace,STATUS:.status.conditions[?(@.type=="Succeeded")].status';

export class Ends {
  readonly #waiting = new Map<string, Set<() => void>>();
  readonly #watches = new Set<ChildProcess>();
  #isStopped = false;

  constructor(private readonly kubectl: Kubectl) {
    for (const kind of KINDS) this.#watch(kind);
  }

  /** Resolves when a run of the namespace ends from now on, and after a while anyhow. */
  next(namespace: string): Promise<void> {
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(namespace) ?? new Set();
      const done = (): void => {
        clearTimeout(timer);
        waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, LOOK_MS);
      this.#waiting.set(namespace, waiting.add(done));
    });
  }

  stop(): void {
    this.#isStopped = true;
    for (const child of this.#watches) child.kill();
  }

  #watch(kind: string): void {
    const args = ['get', kind, '--all-namespaces', '--watch', '--no-headers', '-o', `custom-columns=${COLUMNS}`];
    const child = spawn('kubectl', this.kubectl.args(args), { stdio: ['ignore', 'pipe', 'ignore'] });
    this.#watches.add(child);
    createInterface({ input: child.stdout }).on('line', (line) => {
      const [namespace = '', status] = line.trim().split(/\s+/);
      if (status === 'True' || status === 'False') for (const done of this.#waiting.get(namespace) ?? []) done();
    });
    child.once('close', () => {
      this.#watches.delete(child);
      if (!this.#isStopped) setTimeout(() => this.#isStopped || this.#watch(kind), AGAIN_MS);
    });
  }
}
