// Commits that wait while a transaction runs are written together by the next one: the cost of a transaction (its fsync,
// its round trips) is shared, and under load the store gets faster rather than slower.

import { asSlipwayError, type CommitReply, type CommitRequest, type SlipwayError } from '@slipway/contracts';

/** Commits of one transaction at most: enough to share an fsync, few enough that the first does not wait long. */
const GROUP_LIMIT = 100;

export type Settled = { reply: CommitReply } | { thrown: SlipwayError };

interface Waiting {
  request: CommitRequest;
  settle: (settled: Settled) => void;
}

export class CommitQueue {
  readonly #waiting: Waiting[] = [];
  #running = false;
  #idle: (() => void)[] = [];

  /** `write` answers for each request in order; it throws only when nothing at all was written. */
  constructor(private readonly write: (requests: readonly CommitRequest[]) => Promise<Settled[]>) {}

  commit(request: CommitRequest): Promise<CommitReply> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({
        request,
        settle: (settled) => ('reply' in settled ? resolve(settled.reply) : reject(settled.thrown)),
      });
      if (this.#running) return;
      this.#running = true;
      // Not at once: what the same turn of the event loop brings joins the group.
      setImmediate(() => void this.#drain());
    });
  }

  /** Resolves once everything that waits has been answered. */
  async drained(): Promise<void> {
    if (!this.#running) return;
    await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      const group = this.#waiting.splice(0, GROUP_LIMIT);
      const settled = await this.#writeGroup(group);
      group.forEach((waiting, i) => waiting.settle(settled[i]!));
      // Answers go out and new requests come in before the next transaction holds the thread.
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.#running = false;
    this.#idle.splice(0).forEach((resolve) => resolve());
  }

  async #writeGroup(group: readonly Waiting[]): Promise<Settled[]> {
    try {
      return await this.write(group.map((waiting) => waiting.request));
    } catch (thrown) {
      return group.map(() => ({ thrown: asSlipwayError(thrown) }));
    }
  }
}
