// RetentionPolicies: limits that can be kept to.

import { problemsOfKept, type KeptByOutcome, type RetentionPolicy } from '@slipway/contracts';

import { at, type Findings } from './findings.js';

const OUTCOMES = ['succeeded', 'failed'] as const;

export function checkRetentionPolicy(policy: RetentionPolicy, findings: Findings): void {
  const { spec } = policy;
  if (spec?.pods === undefined && !namesAnOutcome(spec)) {
    findings.missing('spec.succeeded');
    return;
  }
  checkOutcomes(spec, 'spec', findings);
  if (spec.pods === undefined) return;
  if (!namesAnOutcome(spec.pods)) findings.missing('spec.pods.succeeded');
  checkOutcomes(spec.pods, 'spec.pods', findings);
}

function namesAnOutcome(kept: KeptByOutcome | undefined): boolean {
  return OUTCOMES.some((outcome) => kept?.[outcome] !== undefined);
}

function checkOutcomes(kept: KeptByOutcome, path: string, findings: Findings): void {
  for (const outcome of OUTCOMES) {
    for (const { field, value, message } of kept[outcome] === undefined ? [] : problemsOfKept(kept[outcome])) {
      if (value === undefined) findings.missing(at(at(path, outcome), field));
      else findings.invalid(value, at(at(path, outcome), field), message);
    }
  }
}
