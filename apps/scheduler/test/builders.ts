// Runs, pipelines and TaskRuns for tests, in one readable line each.

import type { PipelineRun, PipelineSpec, PipelineTask, Policy, TaskSpec } from '@slipway/contracts';
import { childKindOf, type ChildObject } from '../src/core/child-kind.js';
import { compile, effectiveSpec } from '../src/core/compile.js';
import type { Definitions } from '../src/core/compiled-pipeline.js';
import { RunModel } from '../src/core/run-model.js';

export const NOW = Date.UTC(2026, 0, 1);
const START = '2026-01-01T00:00:00Z';

export const noDefinitions: Definitions = {
  task: () => undefined,
  remoteTask: () => undefined,
  condition: () => undefined,
  resource: () => undefined,
};

/** `task('b', 'a')`: an inline task that runs after others. */
export function task(name: string, ...runAfter: string[]): PipelineTask {
  const taskSpec: TaskSpec = { steps: [{ name: 's', image: 'busybox', script: 'true' }] };
  return { name, taskSpec, ...(runAfter.length === 0 ? {} : { runAfter }) };
}

export function pipelineRun(spec: PipelineSpec, more: Partial<PipelineRun['spec']> = {}): PipelineRun {
  return {
    apiVersion: 'tekton.dev/v1',
    kind: 'PipelineRun',
    metadata: { name: 'run', namespace: 'ns', uid: 'u1', resourceVersion: '1', generation: 1, labels: {} },
    spec: { pipelineSpec: spec, ...more },
    status: { startTime: START },
  };
}

/** The model of a run before anything started; throws where the run is refused. */
export function modelOf(
  run: PipelineRun,
  definitions: Definitions = noDefinitions,
  children: Iterable<ChildObject> = [],
  policy: Policy = {},
): RunModel {
  const source = { name: run.metadata.name, spec: run.spec.pipelineSpec! };
  const unstarted = { ...run, status: {} };
  const compilation = compile(unstarted, source, effectiveSpec(unstarted, source), definitions, policy);
  if (compilation.kind === 'refused') throw new Error(`${compilation.refusal.reason}: ${compilation.refusal.message}`);
  return new RunModel(compilation.pipeline, run, children);
}

export type End = 'succeeded' | 'failed' | 'cancelled' | 'running';

/** A run as its controller leaves it. */
export function ended<T extends ChildObject>(child: T, end: End, results: Record<string, string | string[]> = {}): T {
  if (end === 'running') return child;
  const cancelled = childKindOf(child)!.cancelledReason;
  const reason = { succeeded: 'Succeeded', failed: 'Failed', cancelled }[end];
  return {
    ...child,
    status: {
      completionTime: START,
      conditions: [{ type: 'Succeeded', status: end === 'succeeded' ? 'True' : 'False', reason, message: '' }],
      results: Object.entries(results).map(([name, value]) => ({ name, value })),
    },
  };
}
