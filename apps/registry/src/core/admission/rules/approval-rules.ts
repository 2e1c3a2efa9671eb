// Approvals: who is asked, and what an answer looks like.

import type { Approval } from '@slipway/contracts';

import { at, listOf, type Findings } from './findings.js';

export function checkApproval(approval: Approval, findings: Findings): void {
  const { approvers, required, decisions } = approval.spec ?? {};
  if (listOf(approvers).length === 0) findings.missing('spec.approvers');
  if (required !== undefined && required < 1) {
    findings.invalid(String(required), 'spec.required', 'at least one must approve');
  }
  listOf(decisions).forEach(({ decision }, index) => {
    if (decision === 'approve' || decision === 'reject') return;
    findings.invalid(decision, at('spec', `decisions[${index}].decision`), 'must be approve or reject');
  });
}
