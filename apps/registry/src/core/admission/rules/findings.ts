// What the rules find wrong, collected: a rule never stops at the first problem.

import type { FieldProblem } from '@slipway/contracts';
import { DEFAULT_LIMITS, type AdmissionLimits } from '../limits.js';

/** One problem in Tekton's words: a message, and the fields that it is about. */
export interface Finding {
  message: string;
  /** More than one where only one of several fields may be set, or must be. */
  paths: readonly string[];
  details?: string;
}

/** More than this many problems help nobody, and an answer must stay small. */
const FINDINGS_MAX = 200;

export class Findings {
  private readonly found = new Map<string, Finding>();

  /** What the rules hold an object to, where that is a setting. */
  constructor(readonly limits: AdmissionLimits = DEFAULT_LIMITS) {}

  get list(): Finding[] {
    return [...this.found.values()];
  }

  /** The same message about the same fields counts once: a task inline in a run is looked at from both sides. */
  add(message: string, path: string | readonly string[], details?: string): void {
    if (this.found.size >= FINDINGS_MAX) return;
    const paths = typeof path === 'string' ? [path] : path;
    const key = JSON.stringify([message, paths]);
    if (!this.found.has(key)) this.found.set(key, { message, paths, ...(details === undefined ? {} : { details }) });
  }

  invalid(value: string, path: string, details?: string): void {
    this.add(`invalid value: ${value}`, path, details);
  }
  missing(path: string): void {
    this.add('missing field(s)', path);
  }
  neither(paths: readonly string[]): void {
    this.add('expected exactly one, got neither', paths);
  }
  both(paths: readonly string[]): void {
    this.add('expected exactly one, got both', paths);
  }
}

/** The path of a field of the thing at `path`; `path` is empty for the document itself. */
export function at(path: string, field: string): string {
  return path === '' ? field : `${path}.${field}`;
}

/** The findings as causes of a refusal. A finding about several fields names them all, and stands at the first. */
export function problemsOf(findings: readonly Finding[]): FieldProblem[] {
  return findings.map(({ message, paths, details }) => {
    const fields = paths.length > 1 ? `: ${paths.join(', ')}` : '';
    return {
      field: paths[0] ?? '',
      reason: reasonOf(message),
      message: `${message}${fields}${details === undefined ? '' : ` (${details.replace(/\s*\n\s*/g, ' ')})`}`,
    };
  });
}

function reasonOf(message: string): string {
  if (message.startsWith('missing field') || message.endsWith('got neither')) return 'FieldValueRequired';
  if (/more than once|must be unique|same name/.test(message)) return 'FieldValueDuplicate';
  return 'FieldValueInvalid';
}

/** A list that may be absent. */
export function listOf<T>(list: readonly T[] | undefined): readonly T[] {
  return list ?? [];
}
