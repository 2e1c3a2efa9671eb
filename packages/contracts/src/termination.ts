// The termination message: what a step's entrypoint tells about the step when it ends.

/** What an entry is about. Numbers are Tekton's; older entrypoints wrote the names. */
export const ENTRY_TYPES = {
  TaskRunResult: 1,
  InternalTektonResult: 3,
  StepResult: 4,
  StepArtifacts: 5,
  TaskRunArtifacts: 6,
} as const;

export type EntryType = (typeof ENTRY_TYPES)[keyof typeof ENTRY_TYPES];

export interface TerminationEntry {
  key: string;
  value: string;
  type?: EntryType;
  /** 2020: the PipelineResource that the entry is about; such entries have no type. */
  resourceName?: string;
}

/** The entries of a message, or why it is not one: a step may have written anything to the file. */
export type TerminationMessage = { entries: TerminationEntry[] } | { problem: string };

/**
 * Reads a termination message: a JSON array of entries.
 *
 * Shape  sorted by key; of two entries with one key the last is kept. An empty message has no entries.
 * Source tektoncd/pipeline pkg/termination ParseMessage.
 */
export function parseTerminationMessage(message: string): TerminationMessage {
  if (message === '') return { entries: [] };
  let parsed: unknown;
  try {
    parsed = JSON.parse(message);
  } catch (error) {
    return { problem: `parsing message json: ${(error as Error).message}, msg: ${message}` };
  }
  if (parsed === null) return { entries: [] };
  if (!Array.isArray(parsed)) return { problem: `parsing message json: not an array, msg: ${message}` };
  const byKey = new Map<string, TerminationEntry>();
  for (const item of parsed as unknown[]) {
    const entry = entryOf(item);
    if (entry !== undefined) byKey.set(entry.key, entry);
  }
  return { entries: [...byKey.values()].sort((a, b) => (a.key < b.key ? -1 : 1)) };
}

/** The entries as a message again, in Tekton's field order. */
export function formatTerminationMessage(entries: readonly TerminationEntry[]): string {
  return JSON.stringify(
    entries.map(({ key, value, resourceName, type }) => ({
      key,
      value,
      ...(resourceName === undefined ? {} : { resourceName }),
      ...(type === undefined ? {} : { type }),
    })),
  );
}

function entryOf(item: unknown): TerminationEntry | undefined {
  if (typeof item !== 'object' || item === null) return undefined;
  const { key, value, type, resourceName } = item as Record<string, unknown>;
  const typed = typeOf(type);
  if (key === undefined && value === undefined && typed === undefined && resourceName === undefined) return undefined;
  return {
    key: typeof key === 'string' ? key : '',
    value: typeof value === 'string' ? value : '',
    ...(typeof resourceName === 'string' ? { resourceName } : {}),
    ...(typed === undefined ? {} : { type: typed }),
  };
}

function typeOf(type: unknown): EntryType | undefined {
  if (typeof type === 'string') return ENTRY_TYPES[type as keyof typeof ENTRY_TYPES];
  return Object.values(ENTRY_TYPES).find((known) => known === type);
}
