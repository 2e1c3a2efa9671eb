import type { Step, TaskRun, TaskSpec } from '@slipway/contracts';
import { isOf2020, withDefaultsOf2020 } from './defaults-of-2020.js';

const run = (annotations: Record<string, string> = {}): Pick<TaskRun, 'metadata'> => ({
  metadata: { name: 'r', annotations },
});

// prettier-ignore
const whose: [given: string, run: Pick<TaskRun, 'metadata'>, spec: TaskSpec, then: boolean][] = [
  ['a task of today', run(), {}, false],
  ['what was written in v1alpha1', run({ 'slipway.dev/v1alpha1-form': 'params' }), {}, true],
  ['a task with PipelineResources, in any version', run(), { resources: { inputs: [{ name: 'x', type: 'git' }] } }, true],
];
test.each(whose)('isOf2020 knows %s', (_given, taskRun, spec, then) => {
  expect(isOf2020(taskRun, spec)).toBe(then);
});

const HOME = { name: 'HOME', value: '/tekton/home' };
// prettier-ignore
const steps: [given: string, step: Step, then: Step][] = [
  ['starts in the workspace, at home in /tekton/home', {}, { workingDir: '/workspace', env: [HOME] }],
  ['keeps what it says itself', { workingDir: '/src', env: [{ name: 'HOME', value: '/root' }] }, { workingDir: '/src', env: [{ name: 'HOME', value: '/root' }] }],
  ['keeps its other variables', { workingDir: '', env: [{ name: 'A', value: 'b' }] }, { workingDir: '/workspace', env: [{ name: 'A', value: 'b' }, HOME] }],
];
test.each(steps)('a step of 2020 %s', (_given, step, then) => {
  expect(withDefaultsOf2020(step)).toEqual(then);
});
