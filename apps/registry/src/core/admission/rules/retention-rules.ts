// RetentionPolicies: limits that can be kept to. One that was misread would delete what somebody needs.

import { durationMs, type RetentionPolicy } from '@slipway/contracts';

import { at, type Findings } from './findings.js';

const OUTCOMES = ['succeeded', 'failed'] as const;

export function checkRetentionPolicy(policy: RetentionPolicy, findings: Findings): void {
  if (OUTCOMES.every((outcome) => policy.spec?.[outcome] === undefined)) {
    findings.missing('spec.succeeded');
    return;
  }
  for (const outcome of OUTCOMES) {
    const kept = policy.spec[outcome];
    if (kept === undefined) continue;
    const path = `spec.${outcome}`;
    if (kept.keep === undefined && kept.for === undefined) findings.missing(at(path, 'keep'));
    if (kept.keep !== undefined && !(Number.isSafeInteger(kept.keep) && kept.keep >= 0)) {
      findings.invalid(String(kept.keep), at(path, 'keep'), 'must be a whole number, 0 or more');
    }
    if (kept.for !== undefined && !((durationMs(kept.for) ?? 0) > 0)) {
      findings.invalid(kept.for, at(path, 'for'), 'must be a duration such as 168h');
    }
  }
}
