// What a new run takes over from the one that it repeats, read from the store.

import {
  LABELS,
  PERSISTENT_VOLUME_CLAIMS,
  PIPELINE_RUNS,
  isDone,
  type KubeObject,
  type PipelineRun,
} from '@slipway/contracts';
import type { Store } from '@slipway/store';
import { CHILD_RESOURCES, type ChildObject } from '../core/child-kind.js';
import { compile, effectiveSpec, pipelineNameOf } from '../core/compile.js';
import type { CompiledPipeline, Definitions } from '../core/compiled-pipeline.js';
import type { Refusal } from '../core/refusal.js';
import { RunModel } from '../core/run-model.js';
import { rerunOf, rerunRefused, takeoverFrom, takeoverOf, type Takeover } from '../core/takeover.js';
import { readPolicy } from './policy-text.js';

/** What ended needs no definitions any more. */
const NONE: Definitions = {
  task: () => undefined,
  remoteTask: () => undefined,
  condition: () => undefined,
  resource: () => undefined,
};

/** Undefined where the run does not ask for it, or there is nothing that could be taken. */
export async function loadTakeover(
  store: Pick<Store, 'get' | 'list'>,
  run: PipelineRun,
  pipeline: CompiledPipeline,
): Promise<Takeover | undefined | Refusal> {
  const name = rerunOf(run);
  if (typeof name !== 'string') return name;
  const namespace = run.metadata.namespace ?? '';
  const before = await store.get<PipelineRun>(PIPELINE_RUNS, namespace, name);
  if (before === undefined)
    return rerunRefused(`PipelineRun "${name}", whose failed tasks are to run again, is not there`);
  if (!isDone(before)) return rerunRefused(`PipelineRun "${name}" has not finished. Wait for it, or cancel it first`);
  const children = await childrenOf(store, before);
  if (children.length === 0 && takeoverOf(before) === undefined) return undefined;
  const spec = before.status?.pipelineSpec ?? before.spec.pipelineSpec ?? pipeline.spec;
  const source = { name: pipelineNameOf(before), spec };
  const policy = readPolicy(before, undefined, source);
  if ('reason' in policy) return policy;
  const compilation = compile(before, source, effectiveSpec(before, source), NONE, policy);
  if (compilation.kind === 'refused') return compilation.refusal;
  const states = new RunModel(compilation.pipeline, before, children);
  const takeover = takeoverFrom(before, states, pipeline, compilation.pipeline.bindings);
  if ('reason' in takeover) return takeover;
  if (takeover.tasks.length === 0) return undefined;
  for (const { workspace, claimName } of takeover.claims) {
    if ((await store.get<KubeObject>(PERSISTENT_VOLUME_CLAIMS, namespace, claimName)) !== undefined) continue;
    return rerunRefused(
      `workspace "${workspace}" of PipelineRun "${name}" is gone, and with it what its tasks wrote: there is no PersistentVolumeClaim "${claimName}". Run all tasks instead`,
    );
  }
  return takeover;
}

async function childrenOf(store: Pick<Store, 'list'>, { metadata }: PipelineRun): Promise<ChildObject[]> {
  const labelSelector = `${LABELS.pipelineRun}=${metadata.name}`;
  const of = { namespace: metadata.namespace ?? '', labelSelector };
  const lists = await Promise.all(CHILD_RESOURCES.map((resource) => store.list<ChildObject>(resource, of)));
  const isOwned = ({ metadata: { ownerReferences } }: ChildObject): boolean =>
    ownerReferences?.some(({ uid }) => uid === metadata.uid) === true; // the label alone says nothing
  return lists.flatMap(({ items }) => items.filter(isOwned));
}
