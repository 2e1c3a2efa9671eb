// Who wants to know when something about a pod has changed. A notice says "look again", never what has changed.

export class PodChanges {
  readonly #listeners = new Set<(uid: string) => void>();

  tell(uid: string): void {
    for (const listener of this.#listeners) listener(uid);
  }

  /** Every change of any pod, until the returned function is called. */
  subscribe(listener: (uid: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Changes of one pod, until the returned function is called; and once everybody is woken. */
  subscribeTo(uid: string, listener: () => void): () => void {
    return this.subscribe((changed) => {
      if (changed === uid || changed === EVERY_POD) listener();
    });
  }

  /** Resolves at the next change of the pod, after `limitMs`, or when aborted. */
  async next(uid: string, limitMs: number, signal?: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(done, limitMs);
      const forget = this.subscribeTo(uid, done);
      signal?.addEventListener('abort', done, { once: true });
      function done(): void {
        clearTimeout(timer);
        forget();
        signal?.removeEventListener('abort', done);
        resolve();
      }
    });
  }

  wakeAll(): void {
    this.tell(EVERY_POD);
  }
}

/** No pod has this uid. */
const EVERY_POD = '';
