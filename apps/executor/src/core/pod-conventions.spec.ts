import type { OwnerReference, Step, TaskRun, TaskSpec } from '@slipway/contracts';
import { conventionsOf, podNameOf, withCustoms } from './pod-conventions.js';

type Run = Pick<TaskRun, 'metadata'>;
const run = (over: Partial<TaskRun['metadata']> = {}): Run => ({ metadata: { name: 'r', uid: 'u', ...over } });
const owner = (over: Partial<OwnerReference> = {}): OwnerReference => ({
  ...{ apiVersion: 'build.knative.dev/v1alpha1', kind: 'Build', name: 'r', uid: 'b', controller: true },
  ...over,
});
const ofBuild = (over: Partial<TaskRun['metadata']> = {}): Run => run({ ownerReferences: [owner()], ...over });

// prettier-ignore
const rows: [whose: string, run: Run, spec: TaskSpec, prefix: string, home: string | undefined][] = [
  ['a task of today', run(), {}, 'step-', undefined],
  ['what was written in v1alpha1', run({ annotations: { 'slipway.dev/v1alpha1-form': 'params' } }), {}, 'step-', '/tekton/home'],
  ['a task with PipelineResources, in any version', run(), { resources: { inputs: [{ name: 'x', type: 'git' }] } }, 'step-', '/tekton/home'],
  ['a Build', ofBuild(), {}, 'build-step-', '/builder/home'],
  ['a Build, whose sources are resources', ofBuild(), { resources: {} }, 'build-step-', '/builder/home'],
  ['a PipelineRun’s', run({ ownerReferences: [owner({ kind: 'PipelineRun', apiVersion: 'tekton.dev/v1' })] }), {}, 'step-', undefined],
  ['what a Build of somebody else owns', run({ ownerReferences: [owner({ apiVersion: 'shipwright.io/v1beta1' })] }), {}, 'step-', undefined],
  ['what a Build owns, but did not make', run({ ownerReferences: [owner({ controller: false })] }), {}, 'step-', undefined],
];
test.each(rows)('conventionsOf knows %s', (_whose, taskRun, spec, prefix, home) => {
  const conventions = conventionsOf(taskRun, spec);
  expect(conventions.stepPrefix).toBe(prefix);
  expect(conventions.isHomeOfSteps ? conventions.home : undefined).toBe(home);
});

test('podNameOf names each attempt, and the same attempt always the same', () => {
  expect([podNameOf(run(), 0), podNameOf(run(), 2)]).toEqual(['r-pod', 'r-pod-retry2']);
  expect(podNameOf(run({ name: 'x'.repeat(70) }), 1)).toHaveLength(63);
  expect(podNameOf(ofBuild(), 0)).toMatch(/^r-pod-[0-9a-f]{6}$/);
  expect(podNameOf(ofBuild(), 0)).toBe(podNameOf(ofBuild(), 0));
  expect(
    new Set([ofBuild(), ofBuild({ uid: 'other' })].flatMap((one) => [podNameOf(one, 0), podNameOf(one, 1)])).size,
  ).toBe(4);
  expect(podNameOf(ofBuild({ name: 'x'.repeat(63) }), 0)).toHaveLength(63);
});

const HOME = { name: 'HOME', value: '/builder/home' };
const OWN = { name: 'HOME', value: '/root' };
// prettier-ignore
const steps: [given: string, step: Step, then: Step][] = [
  ['starts in the workspace, at home in /builder/home', {}, { workingDir: '/workspace', env: [HOME] }],
  ['keeps what it says itself, which counts because it comes last', { workingDir: '/src', env: [OWN] }, { workingDir: '/src', env: [HOME, OWN] }],
  ['keeps its other variables, which may name HOME', { workingDir: '', env: [{ name: 'A', value: '$(HOME)/a' }] }, { workingDir: '/workspace', env: [HOME, { name: 'A', value: '$(HOME)/a' }] }],
];
test.each(steps)('a step of a Build %s', (_given, step, then) => {
  expect(withCustoms(step, conventionsOf(ofBuild()))).toEqual(then);
});

test('a step of today is left as it is', () => {
  const step = { name: 'a', env: [{ name: 'A', value: 'b' }] };
  expect(withCustoms(step, conventionsOf(run()))).toEqual(step);
});
