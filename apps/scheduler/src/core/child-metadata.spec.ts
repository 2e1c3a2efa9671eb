import type { PipelineRun, PipelineTask, TaskRun } from '@slipway/contracts';
import { task } from '../../test/builders.js';
import { play } from '../../test/played.js';
import { annotationsOf } from './child-metadata.js';

type Spec = PipelineRun['spec'];
type OfTask = Omit<NonNullable<Spec['taskRunSpecs']>[number], 'pipelineTaskName'>;

/** The run of task `a` as its PipelineRun makes it. */
function child(own: OfTask, more: Partial<PipelineTask> = {}, run: Partial<Spec> = {}): TaskRun {
  const spec = { ...run, taskRunSpecs: [{ pipelineTaskName: 'a', ...own }] };
  return play({ tasks: [{ ...task('a'), ...more }] }, spec).taskRuns.get('run-a')!;
}

const inner = { taskSpec: undefined, pipelineSpec: { tasks: [task('x')] } } as unknown as Partial<PipelineTask>;
const custom = {
  taskSpec: undefined,
  taskRef: { apiVersion: 'example.dev/v1', kind: 'Wait' },
} as unknown as Partial<PipelineTask>;

describe('what a run says of one of its tasks', () => {
  const timeouts: [what: string, own: OfTask, more: Partial<PipelineTask>, spec: object][] = [
    ['an hour where nobody says', {}, {}, { timeout: '1h0m0s' }],
    ['that of the task', {}, { timeout: '5m' }, { timeout: '5m' }],
    ["the run's over that of the task", { timeout: '90s' }, { timeout: '5m' }, { timeout: '90s' }],
    ['none where it is 0', { timeout: '0' }, { timeout: '5m' }, { timeout: '0' }],
    [
      "the run's for a pipeline too",
      { timeout: '90s' },
      { ...inner, timeout: '5m' },
      { timeouts: { pipeline: '90s' } },
    ],
    ["the run's for a custom task too", { timeout: '90s' }, { ...custom, timeout: '5m' }, { timeout: '90s' }],
  ];
  test.each(timeouts)('gives it as its time %s', (_what, own, more, spec) => {
    expect(child(own, more).spec).toMatchObject(spec);
  });

  test('a custom task that nobody gives a time has none of its own', () => {
    expect(child({}, custom).spec).not.toHaveProperty('timeout');
  });

  test('goes with it: resources of the whole, of steps and of sidecars', () => {
    const computeResources = { requests: { cpu: '1' } };
    const own = { stepSpecs: [{ name: 's', computeResources }], sidecarSpecs: [{ name: 'db', computeResources }] };
    expect(child(own).spec).toMatchObject(own);
    expect(child({ computeResources }).spec).toMatchObject({ computeResources });
  });

  test('names its account and pod before what the run says of all', () => {
    const run: Partial<Spec> = {
      taskRunTemplate: {
        serviceAccountName: 'all',
        podTemplate: { nodeSelector: { zone: 'a' }, env: [{ name: 'A', value: 'all' }, { name: 'B', value: 'all' }] },
      },
    }; // prettier-ignore
    const { spec } = child({ serviceAccountName: 'own', podTemplate: { env: [{ name: 'A', value: 'own' }] } }, {}, run);
    expect(spec.serviceAccountName).toBe('own');
    expect(spec.podTemplate).toEqual({
      nodeSelector: { zone: 'a' },
      env: [{ name: 'A', value: 'own' }, { name: 'B', value: 'all' }],
    }); // prettier-ignore
    expect(child({}, {}, run).spec.serviceAccountName).toBe('all');
    expect(child({}).spec.serviceAccountName).toBe('default');
  });

  test('adds labels and annotations, over those of its inline task', () => {
    const labels = { team: 'inline', only: 'inline' };
    const taskSpec = { ...task('a').taskSpec, metadata: { labels, annotations: labels } };
    const { metadata } = child({ metadata: { labels: { team: 'run' }, annotations: { team: 'run' } } }, { taskSpec });
    expect(metadata.labels).toMatchObject({ team: 'run', only: 'inline' });
    expect(metadata.annotations).toMatchObject({ team: 'run', only: 'inline' });
  });

  test('that its failure is ignored is said of a pipeline in a pipeline, and not of the tasks in that', () => {
    const nested = child({}, { ...inner, onError: 'continue' }) as unknown as PipelineRun;
    const ignored = { 'pipeline.tekton.dev/pipeline-task-on-error': 'continue' };
    expect(nested.metadata.annotations).toMatchObject(ignored);
    expect(annotationsOf(nested, task('x'), undefined)).toEqual({});
    expect(annotationsOf(nested, { ...task('x'), onError: 'continue' }, undefined)).toEqual(ignored);
  });

  const kinds: [kind: string, more: Partial<PipelineTask>][] = [
    ['TaskRun', {}],
    ['PipelineRun', inner],
    ['CustomRun', custom],
  ];
  test.each(kinds)('does not take a %s away from its run, or put it elsewhere in it', (kind, more) => {
    const labels = { 'tekton.dev/pipelineRun': 'x', 'tekton.dev/pipelineTask': 'x', 'tekton.dev/memberOf': 'finally' };
    const annotations = { 'slipway.dev/attempt': '7', 'slipway.dev/depth': '9', 'slipway.dev/cancel-cause': 'x' };
    const made = child({ metadata: { labels, annotations } }, more);
    expect(made.kind).toBe(kind);
    expect(made.metadata.labels).toMatchObject({
      'tekton.dev/pipelineRun': 'run',
      'tekton.dev/pipelineTask': 'a',
      'tekton.dev/memberOf': 'tasks',
    });
    const kept = Object.entries(made.metadata.annotations ?? {}).filter(([key]) => key.startsWith('slipway.dev/'));
    expect(kept).toEqual(kind === 'PipelineRun' ? [['slipway.dev/depth', '1']] : []);
  });
});
