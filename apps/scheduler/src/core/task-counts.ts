// How many tasks of a run ended in which way.

export interface TaskCounts {
  succeeded: number;
  failed: number;
  ignored: number;
  cancelled: number;
  skipped: number;
  skippedByTimeout: number;
  /** Takes a result that was not made. */
  unmade: number;
  /** Tasks outside `finally` that had not ended when their time was up. */
  overdue: number;
  incomplete: number;
}

/** The counts of a run of which no task has ended. */
export function countsOf(incomplete: number): TaskCounts {
  return {
    succeeded: 0,
    failed: 0,
    ignored: 0,
    cancelled: 0,
    skipped: 0,
    skippedByTimeout: 0,
    unmade: 0,
    overdue: 0,
    incomplete,
  };
}
