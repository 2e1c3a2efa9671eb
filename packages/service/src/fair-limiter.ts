// A bounded number of jobs at a time, with a smaller bound for each tenant: servers of one tenant that hang hold up that
// tenant only. Tenants that wait take turns.

export class FairLimiter {
  readonly #waiting = new Map<string, (() => void)[]>();
  readonly #running = new Map<string, number>();
  #total = 0;

  constructor(
    private readonly limit: number,
    private readonly tenantLimit: number,
  ) {}

  async run<T>(tenant: string, job: () => Promise<T>): Promise<T> {
    if (!this.#hasRoom(tenant)) {
      await new Promise<void>((resolve) => {
        const queue = this.#waiting.get(tenant) ?? [];
        this.#waiting.set(tenant, queue);
        queue.push(resolve);
      });
    } else {
      this.#take(tenant);
    }
    try {
      return await job();
    } finally {
      this.#give(tenant);
    }
  }

  #hasRoom(tenant: string): boolean {
    return this.#total < this.limit && (this.#running.get(tenant) ?? 0) < this.tenantLimit;
  }

  #take(tenant: string): void {
    this.#total++;
    this.#running.set(tenant, (this.#running.get(tenant) ?? 0) + 1);
  }

  #give(tenant: string): void {
    this.#total--;
    const left = this.#running.get(tenant)! - 1;
    if (left === 0) this.#running.delete(tenant);
    else this.#running.set(tenant, left);
    for (const [next, queue] of this.#waiting) {
      if (!this.#hasRoom(next)) continue;
      this.#take(next);
      this.#waiting.delete(next); // to the end: the next turn is another's
      const start = queue.shift()!;
      if (queue.length > 0) this.#waiting.set(next, queue);
      start();
      return;
    }
  }
}
