// Which finished runs of a namespace have had their time.
//
//   T1. A run goes once it is older than its outcome's `for`, or more than `keep` of its kind and outcome ended after it.
//   T2. Several policies of a namespace all count: the shortest of them decides.
//   T3. Looking costs what is due: the oldest stand in front, and nothing behind them is read.

import {
  durationMs,
  msOf,
  type Condition,
  type KeptRuns,
  type KubeObject,
  type ObjectKey,
  type RetentionPolicySpec,
} from '@slipway/contracts';

export type Outcome = 'succeeded' | 'failed';

export interface FinishedRun {
  key: ObjectKey;
  uid: string;
  outcome: Outcome;
  endedMs: number;
}

/** What one outcome is held to. */
export interface Allowance {
  keep: number;
  /** Milliseconds since the end. */
  forMs: number;
}
export type Allowances = Readonly<Record<Outcome, Allowance>>;

/** On a run: `true` keeps it whatever the policies say. */
export const KEEP_ANNOTATION = 'slipway.dev/keep';

/** All policies of a namespace as one (T2); undefined when none of them lets anything go. */
export function allowancesOf(policies: readonly RetentionPolicySpec[]): Allowances | undefined {
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

/** The run as the policies see it; undefined while it goes on, is going already, belongs to another object or is to be kept. */
export function finishedRun(key: ObjectKey, object: KubeObject): FinishedRun | undefined {
  const { uid, annotations, deletionTimestamp, ownerReferences = [] } = object.metadata;
  if (uid === undefined || deletionTimestamp !== undefined || annotations?.[KEEP_ANNOTATION] === 'true')
    return undefined;
  if (ownerReferences.some(({ controller }) => controller === true)) return undefined; // it goes with its owner
  const status = (object as { status?: { conditions?: Condition[]; completionTime?: string } }).status;
  const condition = status?.conditions?.find(({ type }) => type === 'Succeeded');
  if (condition === undefined || (condition.status !== 'True' && condition.status !== 'False')) return undefined;
  const endedMs = msOf(status?.completionTime) ?? msOf(condition.lastTransitionTime);
  if (endedMs === undefined || !Number.isFinite(endedMs)) return undefined;
  return { key, uid, outcome: condition.status === 'True' ? 'succeeded' : 'failed', endedMs };
}

/** The finished runs of one namespace. */
export class FinishedRuns {
  /** By kind and outcome, the oldest first. */
  readonly #rows = new Map<string, FinishedRun[]>();
  readonly #byUid = new Map<string, FinishedRun>();

  put(run: FinishedRun): void {
    const known = this.#byUid.get(run.uid);
    if (known?.endedMs === run.endedMs && known.outcome === run.outcome) return;
    this.drop(run.uid);
    const row = this.#rows.get(rowOf(run)) ?? [];
    this.#rows.set(rowOf(run), row);
    row.splice(placeAfter(row, run.endedMs), 0, run);
    this.#byUid.set(run.uid, run);
  }

  drop(uid: string): void {
    const run = this.#byUid.get(uid);
    if (run === undefined) return;
    this.#byUid.delete(uid);
    const row = this.#rows.get(rowOf(run))!;
    row.splice(row.indexOf(run, placeBefore(row, run.endedMs)), 1);
    if (row.length === 0) this.#rows.delete(rowOf(run));
  }

  /** The runs that have had their time, taken out; at most `limit` of each kind and outcome (T1, T3). */
  take(allowances: Allowances, nowMs: number, limit: number): FinishedRun[] {
    const due: FinishedRun[] = [];
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

  /** When `take` next finds something; Infinity when only the end of another run can bring that about. */
  nextDueMs(allowances: Allowances): number {
    let nextMs = Infinity;
    for (const row of this.#rows.values()) {
      const { keep, forMs } = allowances[row[0]!.outcome];
      nextMs = Math.min(nextMs, row.length > keep ? -Infinity : row[0]!.endedMs + forMs);
    }
    return nextMs;
  }
}

function rowOf({ key, outcome }: FinishedRun): string {
  return `${key.resource} ${outcome}`;
}

/** First place whose run ended at `endedMs` or later. */
function placeBefore(row: readonly FinishedRun[], endedMs: number): number {
  return place(row, (run) => run.endedMs < endedMs);
}

/** First place whose run ended later than `endedMs`. */
function placeAfter(row: readonly FinishedRun[], endedMs: number): number {
  return place(row, (run) => run.endedMs <= endedMs);
}

function place(row: readonly FinishedRun[], isBefore: (run: FinishedRun) => boolean): number {
  let [low, high] = [0, row.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isBefore(row[middle]!)) low = middle + 1;
    else high = middle;
  }
  return low;
}
