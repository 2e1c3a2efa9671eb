// Why a run cannot run: the user's mistake, as data. It becomes the run's condition, word for word Tekton's.

/** Reason and message of a run that ends as failed before, or instead of, running its tasks. */
export interface Refusal {
  reason: string;
  message: string;
}

/** A list as Go prints a slice of strings: `[a b]`. */
export function goList(items: readonly string[]): string {
  return `[${items.join(' ')}]`;
}
