// Serves runs of an installed Tekton's API, on one replica at a time.

import { BridgeTurn, type BridgePorts } from './bridge-turn.js';

export class Bridge {
  readonly #stopping = new AbortController();
  #turn: BridgeTurn | undefined;
  #done: Promise<void> = Promise.resolve();

  constructor(private readonly ports: BridgePorts) {
    ports.cache.onEntry((entry) => this.#turn?.see(entry));
  }

  /** From now on, whenever no other replica does it. */
  start(): void {
    this.#done = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#done;
  }

  /** How many runs of the cluster are served from here. */
  get size(): number {
    return this.#turn?.size ?? 0;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const mine = await this.ports.store.becomeSole('bridge', signal);
      if (mine.aborted) continue;
      this.#turn = new BridgeTurn(this.ports, mine);
      await this.#turn.run();
      this.#turn = undefined;
    }
  }
}
