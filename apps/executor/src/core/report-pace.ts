// How often the states of a pod that users only watch are stored: what ends soon costs one commit, not two, and what goes
// on a few a second.

/** A step that ends within this time costs one commit less: that it ran is told with how it ended. */
const FIRST_REPORT_MS = 15;
const NEXT_REPORT_MS = 250;
/** A node tells of a pod that waits its turn several times, and nobody acts on that. */
const WAITING_REPORT_MS = 1000;

/** `begins`: it is the first state that says that the pod runs; `waits`: nothing runs in it yet. */
export type Reported = 'begins' | 'runs' | 'waits';

/** Times of this process, in Unix milliseconds, by pod uid. */
export class ReportPace {
  readonly #started = new Map<string, number>();
  readonly #reported = new Map<string, number>();

  /** When this process started the pod; undefined when another one did. */
  startedMs(uid: string): number | undefined {
    return this.#started.get(uid);
  }

  started(uid: string, nowMs: number): void {
    this.#started.set(uid, nowMs);
  }

  reported(uid: string, nowMs: number): void {
    this.#reported.set(uid, nowMs);
  }

  /** When the next state may be stored. */
  dueMs(uid: string, state: Reported): number {
    const startedMs = this.#started.get(uid) ?? 0;
    if (state === 'begins') return startedMs + FIRST_REPORT_MS;
    const pauseMs = state === 'waits' ? WAITING_REPORT_MS : NEXT_REPORT_MS;
    return Math.max(startedMs, this.#reported.get(uid) ?? 0) + pauseMs;
  }

  forget(uid: string): void {
    this.#started.delete(uid);
    this.#reported.delete(uid);
  }
}
