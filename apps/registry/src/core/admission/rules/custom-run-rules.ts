// Runs of custom tasks.

import type { CustomRun } from '@slipway/contracts';

import { at, listOf, type Findings } from './findings.js';
import { checkGivenParams } from './param-rules.js';
import { checkWorkspaceBinding } from './workspace-rules.js';

/** What the controller of the task makes of `status`, `params` and `workspaces` is its own business. */
export function checkCustomRun(run: CustomRun, findings: Findings): void {
  const { customRef, customSpec, status, statusMessage, params, workspaces } = run.spec ?? {};
  if (customRef === undefined && customSpec === undefined) findings.neither(['spec.customRef', 'spec.customSpec']);
  if (customRef !== undefined && customSpec !== undefined) findings.both(['spec.customRef', 'spec.customSpec']);
  for (const [field, task] of Object.entries({ customRef, customSpec })) {
    if (task === undefined) continue;
    if ((task.apiVersion ?? '') === '') findings.missing(at('spec', `${field}.apiVersion`));
    if ((task.kind ?? '') === '') findings.missing(at('spec', `${field}.kind`));
  }
  if ((status ?? '') === '' && (statusMessage ?? '') !== '') {
    const message = `statusMessage should not be set if status is not set, but it is currently set to ${statusMessage}`;
    findings.invalid(message, 'spec.statusMessage');
  }
  checkGivenParams(params, 'spec.params', findings);
  listOf(workspaces).forEach((binding, index) => {
    checkWorkspaceBinding(binding, at('spec', `workspaces[${index}]`), findings);
  });
}
