// A run made ready to be decided on: its pipeline and all it refers to, fetched fresh, and compiled.
//
//   L1. Definitions come from the store, not from a cache: a Task that was changed just before the run was created must
//       be the one that runs.

import {
  FEATURE_FLAGS,
  CLUSTER_TASKS,
  CONDITIONS,
  PIPELINES,
  PIPELINE_RESOURCES,
  TASKS,
  remoteOwnerOf,
  type ConditionCheck,
  type Fence,
  type KubeObject,
  type ObjectKey,
  type Pipeline,
  type PipelineResource,
  type PipelineRun,
  type RefSource,
  type RemoteRef,
  type Task,
} from '@slipway/contracts';
import type { RemoteReferences, Store } from '@slipway/store';
import { compile, effectiveSpec, neededObjects } from '../core/compile.js';
import { hasBegun, type Resolving } from '../core/condition.js';
import type { CompiledPipeline, Definitions, PipelineSource } from '../core/compiled-pipeline.js';
import type { Refusal } from '../core/refusal.js';
import { HARD_MAX_DEPTH, depthRefusal, maxDepthOf, withMaxDepth } from '../core/depth.js';
import { couldNotGet, originOf, pipelineNotFound, withPipelineMetadata } from '../core/start-run.js';
import { withTakeover, withTakenClaims } from '../core/takeover.js';
import { Limiter } from './limiter.js';
import { loadTakeover } from './load-takeover.js';
import { policyAnnotations, readPolicy } from './policy-text.js';
import { keyOfRemote, remoteTaskNotFound, remoteTasks } from './remote-tasks.js';

export type LoadedRun =
  | { kind: 'compiled'; run: PipelineRun; pipeline: CompiledPipeline }
  | { kind: 'refused'; run: PipelineRun; source: PipelineSource | undefined; refusal: Refusal }
  /** Remote definitions are not there yet. */
  | { kind: 'resolving'; reason: Resolving };

/** Where definitions come from. */
export interface DefinitionSources {
  store: Pick<Store, 'get' | 'list'>;
  remote: Pick<RemoteReferences, 'get'>;
}

const PARALLEL_GETS = 16;

/** `fence` is that of the run's shard: requests for remote definitions are made with it. */
export async function loadRun(
  { store, remote }: DefinitionSources,
  stored: PipelineRun,
  fence: Fence,
): Promise<LoadedRun> {
  const namespace = stored.metadata.namespace ?? '';
  const tooDeep = depthRefusal(stored, HARD_MAX_DEPTH);
  if (tooDeep !== undefined) {
    return { kind: 'refused', run: withPipelineMetadata(stored, undefined), source: undefined, refusal: tooDeep };
  }
  const origin = originOf(stored);
  const owner = remoteOwnerOf(stored, fence.shard);
  let refSource: RefSource | undefined;
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
    case 'remote': {
      const found = await remote.get<Pipeline>(owner, origin.ref, 'Pipeline', fence);
      if (found.kind === 'resolving') return { kind: 'resolving', reason: 'ResolvingPipelineRef' };
      if (found.kind === 'failed') {
        const refusal = couldNotGet(stored, found.message);
        return { kind: 'refused', run: withPipelineMetadata(stored, undefined), source: undefined, refusal };
      }
      pipeline = found.object;
      refSource = found.refSource;
      source = { name: pipeline.metadata.name, spec: pipeline.spec };
      break;
    }
  }
  const read = readPolicy(stored, pipeline, source);
  const policy = 'reason' in read ? read : withMaxDepth(stored, read);
  const refused = 'reason' in policy ? policy : depthRefusal(stored, maxDepthOf(policy));
  if ('reason' in policy || refused !== undefined) {
    return { kind: 'refused', run: withPipelineMetadata(stored, pipeline), source, refusal: refused! };
  }
  const begun = withStatusAnnotations(withPipelineMetadata(stored, pipeline), policyAnnotations(policy));
  const run = withRefSource(begun, refSource);
  const spec = effectiveSpec(run, source);
  const tasks = await remoteTasks(remote, owner, spec, fence);
  if (tasks.kind === 'resolving') return { kind: 'resolving', reason: 'ResolvingTaskRef' };
  if (tasks.kind === 'failed' && !hasBegun(run)) {
    return { kind: 'refused', run, source, refusal: remoteTaskNotFound(namespace, source.name, tasks) };
  }
  const definitions = {
    ...(await fetchDefinitions(store, namespace, neededObjects(run, spec))),
    remoteTask: (ref: RemoteRef) => tasks.specs.get(keyOfRemote(ref)),
  };
  const compilation = compile(run, source, spec, definitions, policy);
  if (compilation.kind === 'refused') return { kind: 'refused', run, source, refusal: compilation.refusal };
  const takeover = hasBegun(run) ? undefined : await loadTakeover(store, stored, compilation.pipeline);
  if (takeover !== undefined && 'reason' in takeover) return { kind: 'refused', run, source, refusal: takeover };
  const beginning = takeover === undefined ? run : withTakeover(run, takeover);
  return { kind: 'compiled', run: beginning, pipeline: withTakenClaims(beginning, compilation.pipeline) };
}

/** The run with the origin of its pipeline in the status. */
function withRefSource(run: PipelineRun, refSource: RefSource | undefined): PipelineRun {
  const provenance = {
    ...(refSource === undefined ? run.status?.provenance : { refSource }),
    featureFlags: FEATURE_FLAGS,
  };
  return { ...run, status: { ...run.status, provenance } };
}

function withStatusAnnotations(run: PipelineRun, annotations: Record<string, string> | undefined): PipelineRun {
  if (annotations === undefined) return run;
  return { ...run, status: { ...run.status, annotations: { ...run.status?.annotations, ...annotations } } };
}

async function fetchDefinitions(
  store: Pick<Store, 'get'>,
  namespace: string,
  keys: readonly ObjectKey[],
): Promise<Omit<Definitions, 'remoteTask'>> {
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
