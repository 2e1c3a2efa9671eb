// What has ended and had its time, by the limits of RetentionPolicies.
//
//   T1. One goes once it is older than its outcome's `for`, or more than `keep` of its row and outcome ended after it.
//   T2. Several policies of a namespace all count: the shortest of them decides.
//   T3. Looking costs what is due: the oldest stand in front, and nothing behind them is read.

import { durationMs } from './duration.js';
import type { KeptByOutcome, KeptRuns } from './retention.js';

export type Outcome = 'succeeded' | 'failed';

export interface Ended {
  uid: string;
  outcome: Outcome;
  /** Unix milliseconds. */
  endedMs: number;
}

/** What one outcome is held to. */
export interface Allowance {
  keep: number;
  /** Milliseconds since the end. */
  forMs: number;
}
export type Allowances = Readonly<Record<Outcome, Allowance>>;

/** All policies of a namespace as one (T2); undefined when none of them lets anything go. */
export function allowancesOf(policies: readonly KeptByOutcome[]): Allowances | undefined {
  const allowance = (outcome: Outcome): Allowance => ({
    keep: least(policies.map((policy) => policy[outcome]?.keep)),
    forMs: least(policies.map((policy) => forMsOf(policy[outcome]))),
  });
  const all = { succeeded: allowance('succeeded'), failed: allowance('failed') };
  const isEndless = ({ keep, forMs }: Allowance): boolean => keep === Infinity && forMs === Infinity;
  return isEndless(all.succeeded) && isEndless(all.failed) ? undefined : all;
}

function forMsOf(kept: KeptRuns | undefined): number | undefined {
  return kept?.for === undefined ? undefined : durationMs(kept.for);
}

function least(values: readonly (number | undefined)[]): number {
  return Math.min(...values.map((value) => value ?? Infinity), Infinity);
}

export interface KeptProblem {
  field: 'keep' | 'for';
  /** Undefined: it is missing. */
  value?: string;
  message: string;
}

/** What is wrong with the limits of one outcome. One that was misread would delete what somebody needs. */
export function problemsOfKept(kept: KeptRuns): KeptProblem[] {
  const problems: KeptProblem[] = [];
  if (kept.keep === undefined && kept.for === undefined) problems.push({ field: 'keep', message: 'is missing' });
  if (kept.keep !== undefined && !(Number.isSafeInteger(kept.keep) && kept.keep >= 0))
    problems.push({ field: 'keep', value: String(kept.keep), message: 'must be a whole number, 0 or more' });
  if (kept.for !== undefined && !((durationMs(kept.for) ?? 0) > 0))
    problems.push({ field: 'for', value: kept.for, message: 'must be a duration such as 168h' });
  return problems;
}

/** What has ended of one namespace, in rows that are counted each for itself. */
export class Endings<T extends Ended> {
  /** By row and outcome, the oldest first. */
  readonly #rows = new Map<string, T[]>();
  readonly #byUid = new Map<string, T>();

  constructor(private readonly rowOf: (ended: T) => string) {}

  get size(): number {
    return this.#byUid.size;
  }

  put(ended: T): void {
    const known = this.#byUid.get(ended.uid);
    if (known?.endedMs === ended.endedMs && known.outcome === ended.outcome) return;
    this.drop(ended.uid);
    const key = this.#keyOf(ended);
    const row = this.#rows.get(key) ?? [];
    this.#rows.set(key, row);
    row.splice(placeAfter(row, ended.endedMs), 0, ended);
    this.#byUid.set(ended.uid, ended);
  }

  drop(uid: string): void {
    const ended = this.#byUid.get(uid);
    if (ended === undefined) return;
    this.#byUid.delete(uid);
    const key = this.#keyOf(ended);
    const row = this.#rows.get(key)!;
    row.splice(row.indexOf(ended, placeBefore(row, ended.endedMs)), 1);
    if (row.length === 0) this.#rows.delete(key);
  }

  /** Those that have had their time, taken out; at most `limit` of each row and outcome (T1, T3). */
  take(allowances: Allowances, nowMs: number, limit: number): T[] {
    const due: T[] = [];
    for (const row of this.#rows.values()) {
      const { keep, forMs } = allowances[row[0]!.outcome];
      let count = 0;
      while (count < Math.min(row.length, limit) && (row.length - count > keep || row[count]!.endedMs + forMs <= nowMs))
        count++;
      due.push(...row.slice(0, count));
    }
    for (const { uid } of due) this.drop(uid);
    return due;
  }

  /** When `take` next finds something; Infinity when only another end can bring that about. */
  nextDueMs(allowances: Allowances): number {
    let nextMs = Infinity;
    for (const row of this.#rows.values()) {
      const { keep, forMs } = allowances[row[0]!.outcome];
      nextMs = Math.min(nextMs, row.length > keep ? -Infinity : row[0]!.endedMs + forMs);
    }
    return nextMs;
  }

  #keyOf(ended: T): string {
    return `${this.rowOf(ended)} ${ended.outcome}`;
  }
}

/** First place whose end was at `endedMs` or later. */
function placeBefore(row: readonly Ended[], endedMs: number): number {
  return place(row, (one) => one.endedMs < endedMs);
}

/** First place whose end was later than `endedMs`. */
function placeAfter(row: readonly Ended[], endedMs: number): number {
  return place(row, (one) => one.endedMs <= endedMs);
}

function place<T extends Ended>(row: readonly T[], isBefore: (one: T) => boolean): number {
  let [low, high] = [0, row.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isBefore(row[middle]!)) low = middle + 1;
    else high = middle;
  }
  return low;
}
