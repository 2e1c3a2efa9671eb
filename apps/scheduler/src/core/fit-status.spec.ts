import type { ChildReference, PipelineRunStatus } from '@slipway/contracts';
import { modelOf, pipelineRun, task } from '../../test/builders.js';
import { fitStatus } from './fit-status.js';

const STORED_BYTES = 1_500_000;
const run = pipelineRun({ tasks: [{ ...task('fan'), matrix: { params: [{ name: 'x', value: ['1'] }] } }, task('b')] });

/** The references of a task that fanned out, as they are in a status. */
function fannedOut(runs: number): ChildReference[] {
  return Array.from({ length: runs }, (_, i) => ({
    apiVersion: 'tekton.dev/v1',
    kind: 'TaskRun',
    name: `a-run-with-a-name-of-some-length-fan-${i}`,
    pipelineTaskName: 'fan',
  }));
}

test('fitStatus shortens the status of few tasks with very many runs', () => {
  const status: PipelineRunStatus = { ...run.status, childReferences: fannedOut(20_000) };
  const fitting = fitStatus(run, modelOf(run), status);
  expect(JSON.stringify({ ...run, status: fitting }).length).toBeLessThan(STORED_BYTES);
  expect(fitting.startTime).toBe(run.status?.startTime);
});

test('fitStatus leaves a status that fits as it is', () => {
  const status: PipelineRunStatus = { ...run.status, childReferences: fannedOut(1_000) };
  expect(fitStatus(run, modelOf(run), status)).toBe(status);
});
