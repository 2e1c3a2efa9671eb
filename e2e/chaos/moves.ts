// How long the shards of a replica that is away are nobody's: from the fault until each is held, by a lease that is alive,
// by somebody else, or by the replica itself once it is well again or was started anew.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from './faults.js';
import type { LeaseRow, Replicated } from './replicas.js';

export interface Move {
  fault: Fault;
  shards: number;
  tookMs: number;
}

interface Watched {
  fault: Fault;
  sinceMs: number;
  /** What was held when the fault began: incarnation by service and shard. */
  held: Map<string, string>;
  isOver: boolean;
}

const LOOK_MS = 100;

export class Moves {
  readonly done: Move[] = [];
  #watched: Watched[] = [];
  #rows: LeaseRow[] = [];
  #isStopped = false;
  readonly #loop: Promise<void>;

  constructor(private readonly world: Pick<Replicated, 'leases'>) {
    this.#loop = this.#run();
  }

  /** A fault begins now; what is returned is called when it ends. */
  began(fault: Fault): () => void {
    if (fault.kind === 'kill-nats') return () => {};
    const held = new Map(
      this.#rows
        .filter((row) => row.isAlive && row.holder === fault.replica)
        .map((row) => [keyOf(row), row.incarnation]),
    );
    const watched = { fault, sinceMs: performance.now(), held, isOver: false };
    this.#watched.push(watched);
    return () => (watched.isOver = true);
  }

  /** Resolves when every shard has an owner again. */
  async settled(deadlineMs: number): Promise<void> {
    const end = performance.now() + deadlineMs;
    while (this.#watched.length > 0) {
      if (performance.now() > end)
        throw new Error(`shards have no owner: ${JSON.stringify(this.#watched.map(({ fault }) => fault))}`);
      await sleep(LOOK_MS);
    }
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#loop;
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      this.#rows = await this.world.leases().catch(() => this.#rows);
      const nowMs = performance.now();
      const byKey = new Map(this.#rows.map((row) => [keyOf(row), row]));
      this.#watched = this.#watched.filter((watched) => {
        const open = [...watched.held].filter(([key, incarnation]) => !isServed(byKey.get(key), watched, incarnation));
        if (open.length > 0) return true;
        if (watched.held.size > 0)
          this.done.push({ fault: watched.fault, shards: watched.held.size, tookMs: nowMs - watched.sinceMs });
        return false;
      });
      await sleep(LOOK_MS);
    }
  }
}

function isServed(row: LeaseRow | undefined, { fault, isOver }: Watched, incarnation: string): boolean {
  if (row === undefined || !row.isAlive || fault.kind === 'kill-nats') return false;
  return isOver || row.holder !== fault.replica || row.incarnation !== incarnation;
}

function keyOf({ service, shard }: LeaseRow): string {
  return `${service}/${shard}`;
}
