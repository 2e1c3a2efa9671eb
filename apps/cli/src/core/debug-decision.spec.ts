import type { TaskRun } from '@slipway/contracts';
import { withDecision } from './debug-decision.js';

const taskRun = (breakpoints: object, decided?: string): TaskRun => ({
  apiVersion: 'tekton.dev/v1',
  kind: 'TaskRun',
  metadata: { name: 'r', ...(decided === undefined ? {} : { annotations: { 'slipway.dev/debug': decided } }) },
  spec: { debug: { breakpoints } },
  status: { steps: [{ name: 'a', container: 'step-a' }] },
});

describe('withDecision', () => {
  it('adds a line for the step', () => {
    expect(withDecision(taskRun({ onFailure: 'enabled' }), 'a', 'continue')).toBe('a continue');
    expect(withDecision(taskRun({ beforeSteps: ['a'] }, 'a continue'), 'a', 'fail-continue')).toBe(
      'a continue\na fail-continue',
    );
  });

  it.each([
    ['the run has no breakpoint', {}, 'a', 'no breakpoint at step "a"'],
    ['the run has none there', { beforeSteps: ['b'] }, 'a', 'no breakpoint at step "a"'],
    ['there is no such step', { onFailure: 'enabled' }, 'b', 'no step "b" that runs'],
  ])('refuses when %s', (_, breakpoints, step, message) => {
    expect(() => withDecision(taskRun(breakpoints), step, 'continue')).toThrow(message);
  });
});
