// What SIGINT and SIGTERM do to a command that has something to clean up: the first ends the work, and what is in `finally`
// runs; the second ends the process at once.

const CODES = { SIGINT: 130, SIGTERM: 143 } as const;

export interface Interruption {
  /** The work, or its end by a signal, whichever is first. Rejects with `Interrupted`. */
  orEnded<T>(work: Promise<T>): Promise<T>;
}

export class Interrupted extends Error {
  /** Of the process, as shells have it. */
  readonly exitCode: number;

  constructor(signal: keyof typeof CODES) {
    super(`ended by ${signal}`);
    this.exitCode = CODES[signal];
  }
}

export function onInterruption(): Interruption {
  const ended = new Promise<never>((_, reject) => {
    let isFirst = true;
    const take = (signal: NodeJS.Signals): void => {
      const interrupted = new Interrupted(signal as keyof typeof CODES);
      if (!isFirst) process.exit(interrupted.exitCode);
      isFirst = false;
      process.stderr.write('cleaning up; again to end at once\n');
      reject(interrupted);
    };
    for (const signal of Object.keys(CODES)) process.on(signal, take);
  });
  ended.catch(() => undefined); // it may come while nobody waits
  return {
    orEnded(work) {
      work.catch(() => undefined); // what is left of it fails when its platform ends
      return Promise.race([work, ended]);
    },
  };
}
