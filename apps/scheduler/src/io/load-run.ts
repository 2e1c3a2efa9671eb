// A run made ready to be decided on: its pipeline and all it refers to, fetched fresh, and compiled.
//
//   L1. Definitions come from the store, not from a cache: a Task that was changed just before the run was created must
//       be the one that runs.

import {
  CLUSTER_TASKS,
  CONDITIONS,
  PIPELINES,
  PIPELINE_RESOURCES,
  TASKS,
  type ConditionCheck,
  type KubeObject,
  type ObjectKey,
  type Pipeline,
  type PipelineResource,
  type PipelineRun,
  type Task,
} from '@slipway/contracts';
import type { Store } from '@slipway/store';
import { compile, effectiveSpec, neededObjects } from '../core/compile.js';
import type { CompiledPipeline, Definitions, PipelineSource } from '../core/compiled-pipeline.js';
import type { Refusal } from '../core/refusal.js';
import { MAX_DEPTH, depthRefusal } from '../core/depth.js';
import { originOf, pipelineNotFound, withPipelineMetadata } from '../core/start-run.js';
import { Limiter } from './limiter.js';

export type LoadedRun =
  | { kind: 'compiled'; run: PipelineRun; pipeline: CompiledPipeline }
  | { kind: 'refused'; run: PipelineRun; source: PipelineSource | undefined; refusal: Refusal };

const PARALLEL_GETS = 16;

export async function loadRun(store: Pick<Store, 'get'>, stored: PipelineRun): Promise<LoadedRun> {
  const namespace = stored.metadata.namespace ?? '';
  const tooDeep = depthRefusal(stored, MAX_DEPTH);
  if (tooDeep !== undefined) {
    return { kind: 'refused', run: withPipelineMetadata(stored, undefined), source: undefined, refusal: tooDeep };
  }
  const origin = originOf(stored);
  let source: PipelineSource;
  let pipeline: Pipeline | undefined;
  switch (origin.kind) {
    case 'refused':
      return {
        kind: 'refused',
        run: withPipelineMetadata(stored, undefined),
        source: undefined,
        refusal: origin.refusal,
      };
    case 'inline':
      source = origin.source;
      break;
    case 'reference':
      pipeline = await store.get<Pipeline>(PIPELINES, namespace, origin.name);
      if (pipeline === undefined) {
        const refusal = pipelineNotFound(stored, origin.name);
        return { kind: 'refused', run: withPipelineMetadata(stored, undefined), source: undefined, refusal };
      }
      source = { name: origin.name, spec: pipeline.spec };
      break;
  }
  const run = withPipelineMetadata(stored, pipeline);
  const spec = effectiveSpec(run, source);
  const definitions = await fetchDefinitions(store, namespace, neededObjects(run, spec));
  const compilation = compile(run, source, spec, definitions);
  return compilation.kind === 'compiled'
    ? { kind: 'compiled', run, pipeline: compilation.pipeline }
    : { kind: 'refused', run, source, refusal: compilation.refusal };
}

async function fetchDefinitions(
  store: Pick<Store, 'get'>,
  namespace: string,
  keys: readonly ObjectKey[],
): Promise<Definitions> {
  const found = new Map<string, KubeObject>();
  const limiter = new Limiter(PARALLEL_GETS);
  await Promise.all(
    keys.map((key) =>
      limiter.run(async () => {
        const object = await store.get(key.resource, key.namespace, key.name); // L1
        if (object !== undefined) found.set(`${key.resource}/${key.namespace}/${key.name}`, object);
      }),
    ),
  );
  const of = (resource: string, where: string, name: string): KubeObject | undefined =>
    found.get(`${resource}/${where}/${name}`);
  return {
    task: (kind, name) =>
      (kind === 'ClusterTask'
        ? (of(CLUSTER_TASKS, '', name) as Task | undefined)
        : (of(TASKS, namespace, name) as Task | undefined)
      )?.spec,
    condition: (name) => of(CONDITIONS, namespace, name) as ConditionCheck | undefined,
    resource: (name) => of(PIPELINE_RESOURCES, namespace, name) as PipelineResource | undefined,
  };
}
