// What an update must leave as it is.

import { LABELS, isDone, succeeded, type CustomRun, type KubeObject } from '@slipway/contracts';

import type { Findings } from './findings.js';

/** By kind of run: what of its spec may still be written, and how that is told. */
const OPEN = {
  TaskRun: { fields: ['status', 'statusMessage'], words: 'status and statusMessage' },
  PipelineRun: { fields: ['status'], words: 'status' },
  Build: { fields: ['status', 'Status', 'generation'], words: 'status' },
} as const;

export function isRun(kind: string): kind is keyof typeof OPEN {
  return Object.hasOwn(OPEN, kind);
}

type Spec = Record<string, unknown> | undefined;

/** A run's spec says what was run: after creation only a request to stop it, or to let it start, may come in. */
export function checkRunUpdate(kind: keyof typeof OPEN, object: KubeObject, old: KubeObject, findings: Findings): void {
  const [before, after] = [specOf(old), specOf(object)];
  if (isDone(old as Parameters<typeof isDone>[0])) {
    if (!sameJson(before, after)) findings.invalid(`Once the ${kind} is complete, no updates are allowed`, 'spec');
    return;
  }
  if (!sameJson(before?.['managedBy'], after?.['managedBy'])) {
    findings.invalid('managedBy is immutable', 'spec.managedBy');
  }
  const { fields, words } = OPEN[kind];
  const open = ['managedBy', ...fields];
  if (sameJson(without(before, open), without(after, open))) return;
  findings.invalid(`Once the ${kind} has started, only ${words} updates are allowed`, 'spec');
}

/** The scheduler finds the runs of tasks by these, and trusts them. */
const OWN_LABELS = [LABELS.pipeline, LABELS.pipelineRun, LABELS.pipelineTask];

/** What a run belongs to is written down by who made it, once. */
export function checkRunLabels({ metadata }: KubeObject, old: KubeObject, findings: Findings): void {
  for (const label of OWN_LABELS) {
    const before = old.metadata.labels?.[label];
    if (before === undefined || metadata.labels?.[label] === before) continue;
    findings.invalid(`label "${label}" is immutable once set`, `metadata.labels[${label}]`);
  }
}

/** What a pipeline took from a custom task stays true: nobody rewrites how it ended or what it gave. */
export function checkCustomRunUpdate(run: CustomRun, old: CustomRun, findings: Findings): void {
  if (!isDone(old)) return;
  const outcomeOf = (one: CustomRun): unknown[] => [succeeded(one)?.status, succeeded(one)?.reason];
  const message = 'Once the CustomRun is complete, its outcome and its results are final';
  if (!sameJson(outcomeOf(run), outcomeOf(old))) findings.invalid(message, 'status.conditions');
  if (!sameJson(run.status?.results, old.status?.results)) findings.invalid(message, 'status.results');
}

export function specOf(object: KubeObject): Spec {
  return (object as unknown as { spec?: Spec }).spec;
}

function without(spec: Spec, fields: readonly string[]): Spec {
  return Object.fromEntries(Object.entries(spec ?? {}).filter(([field]) => !fields.includes(field)));
}

/** Equal as JSON: the order of fields does not matter, and an absent field is an empty one. */
export function sameJson(one: unknown, other: unknown): boolean {
  if (one === other || (isNothing(one) && isNothing(other))) return true;
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((item, index) => sameJson(item, other[index]));
  }
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false;
  if (Array.isArray(one) || Array.isArray(other)) return false;
  const keys = new Set([...Object.keys(one), ...Object.keys(other)]);
  for (const key of keys) {
    if (!sameJson((one as Record<string, unknown>)[key], (other as Record<string, unknown>)[key])) return false;
  }
  return true;
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}
