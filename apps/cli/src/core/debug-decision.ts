// What a person decides about a step that waits at a breakpoint.

import { ANNOTATIONS, SlipwayError, type TaskRun } from '@slipway/contracts';

export const DECISIONS = ['continue', 'fail-continue'] as const;

/**
 * The decisions about a run with one more.
 *
 * Errors  SlipwayError('invalid', …) when the run has no such step, or no breakpoint.
 */
export function withDecision(run: TaskRun, step: string, decision: string): string {
  const { name, annotations } = run.metadata;
  const { onFailure, beforeSteps = [] } = run.spec.debug?.breakpoints ?? {};
  if (onFailure !== 'enabled' && !beforeSteps.includes(step)) {
    throw new SlipwayError('invalid', 'NoBreakpoint', `TaskRun "${name}" has no breakpoint at step "${step}".`, {
      hint: 'Breakpoints are set when the run is created: spec.debug.breakpoints.',
    });
  }
  const steps = (run.status?.steps ?? []).map((one) => one.name);
  if (!steps.includes(step)) {
    throw new SlipwayError('invalid', 'NoSuchStep', `TaskRun "${name}" has no step "${step}" that runs.`, {
      hint: steps.length === 0 ? 'None of its steps has begun.' : `Its steps are ${steps.join(', ')}.`,
    });
  }
  const before = annotations?.[ANNOTATIONS.debug];
  return `${before === undefined ? '' : `${before}\n`}${step} ${decision}`;
}
