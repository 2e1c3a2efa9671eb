// What a step that the platform added says about its failure: entries of its termination message, next to its exit code.

import { ENTRY_TYPES, type TerminationEntry } from './termination.js';

const REASON = 'FailureReason';
const MESSAGE = 'FailureMessage';

/** The services' own words for conditions cannot be borrowed: reasons of sources begin with what brought them. */
const REASONS = /^(Git|Gcs)[A-Z][A-Za-z]{1,60}$/;
/** A termination message is cut at 4 KiB by a node. */
const MAX_MESSAGE = 1024;

export interface ToldFailure {
  /** A word for programs: `GitRevisionNotFound`. */
  reason: string;
  /** For people, with what to do about it; nothing secret. */
  message: string;
}

/** The entries that say it. */
export function failureEntries({ reason, message }: ToldFailure): TerminationEntry[] {
  const type = ENTRY_TYPES.InternalTektonResult;
  return [
    { key: REASON, value: reason, type },
    { key: MESSAGE, value: message.slice(0, MAX_MESSAGE), type },
  ];
}

/** What the entries of a failed step say; undefined when they say nothing, or in words that are not theirs to use. */
export function toldFailure(entries: readonly TerminationEntry[]): ToldFailure | undefined {
  const valueOf = (wanted: string): string =>
    entries.find(({ key, type }) => key === wanted && type === ENTRY_TYPES.InternalTektonResult)?.value ?? '';
  const reason = valueOf(REASON);
  if (!REASONS.test(reason)) return undefined;
  return {
    reason,
    message: valueOf(MESSAGE)
      .replace(/[\x00-\x1f\x7f]+/g, ' ')
      .slice(0, MAX_MESSAGE),
  };
}
