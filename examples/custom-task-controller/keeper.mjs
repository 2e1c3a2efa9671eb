// Looks at CustomRuns when they change and when their time has come, and writes what is decided. Everything follows from what
// is stored, so a controller that was killed goes on where it was, and a change that comes twice does no harm.

import { decide } from './wait.mjs';

const AGAIN_MS = 1000;
/** The longest time that a timer takes. */
const LONGEST_MS = 2 ** 31 - 1;

/**
 * `door` is the way to Slipway: `get(run)` is the run as it stands now, or undefined; `writeStatus(run, status)` is the run
 * as it is stored then, or undefined when somebody else wrote first.
 */
export class Keeper {
  #timers = new Map();

  constructor(door) {
    this.door = door;
  }

  /** Call it with every CustomRun that is listed or has changed. */
  async look(run) {
    const { uid } = run.metadata;
    clearTimeout(this.#timers.get(uid));
    this.#timers.delete(uid);
    try {
      const next = decide(run, Date.now());
      if (next?.status !== undefined) {
        const now = (await this.door.writeStatus(run, next.status)) ?? (await this.door.get(run));
        if (now !== undefined) await this.look(now);
      } else if (next !== undefined) {
        this.#lookAt(run, next.atMs);
      }
    } catch (error) {
      console.error(`${run.metadata.namespace}/${run.metadata.name}: ${error.message}`);
      this.#lookAt(run, Date.now() + AGAIN_MS);
    }
  }

  #lookAt(run, atMs) {
    const again = async () => {
      const now = await this.door.get(run).catch(() => run);
      if (now !== undefined) await this.look(now);
    };
    clearTimeout(this.#timers.get(run.metadata.uid));
    this.#timers.set(run.metadata.uid, setTimeout(again, Math.min(Math.max(atMs - Date.now(), 0), LONGEST_MS)));
  }
}
