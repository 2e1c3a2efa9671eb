// A run at its start: what it takes over from its Pipeline, and what its status says first.

import {
  LABELS,
  layered,
  msOf,
  paramReplacements,
  remoteRefOf,
  substituteDeep,
  timeOf,
  type ObjectRef,
  type Pipeline,
  type PipelineRun,
  type PipelineSpec,
} from '@slipway/contracts';
import type { PipelineSource } from './compiled-pipeline.js';
import { pipelineNameOf } from './compile.js';
import type { Refusal } from './refusal.js';
import { contextReplacements } from './substitute-pipeline.js';

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** Where the pipeline of a run stands: in the run, or in an object to be fetched. */
export type PipelineOrigin =
  | { kind: 'inline'; source: PipelineSource }
  | { kind: 'reference'; name: string }
  | { kind: 'remote'; ref: ObjectRef }
  | { kind: 'refused'; refusal: Refusal };

export function originOf(run: PipelineRun): PipelineOrigin {
  const { pipelineSpec, pipelineRef } = run.spec;
  const stored = run.status?.pipelineSpec;
  if (stored !== undefined) return { kind: 'inline', source: { name: pipelineNameOf(run), spec: stored } };
  if (pipelineSpec !== undefined) {
    return { kind: 'inline', source: { name: pipelineNameOf(run), spec: pipelineSpec } };
  }
  if (pipelineRef !== undefined && remoteRefOf(pipelineRef, 'Pipeline') !== undefined) {
    const replacements = layered(paramReplacements(run.spec.params, undefined), contextReplacements(run, ''));
    return { kind: 'remote', ref: substituteDeep(pipelineRef, replacements) };
  }
  if (pipelineRef?.name === undefined || pipelineRef.name === '') {
    return { kind: 'refused', refusal: couldNotGet(run, 'the run names no pipeline') };
  }
  return { kind: 'reference', name: pipelineRef.name };
}

export function pipelineNotFound(run: PipelineRun, name: string): Refusal {
  return couldNotGet(run, `pipelines.tekton.dev "${name}" not found`);
}

export function couldNotGet(run: PipelineRun, why: string): Refusal {
  const name = `${run.metadata.namespace ?? ''}/${run.metadata.name}`;
  return { reason: 'CouldntGetPipeline', message: `Error retrieving pipeline for pipelinerun ${name}: ${why}` };
}

/** The run with the labels and annotations of its Pipeline; its own win. */
export function withPipelineMetadata(run: PipelineRun, pipeline: Pipeline | undefined): PipelineRun {
  const { labels, annotations } = pipeline?.metadata ?? {};
  const travelling = Object.entries(annotations ?? {}).filter(([key]) => key !== LAST_APPLIED);
  const merged = { ...Object.fromEntries(travelling), ...run.metadata.annotations };
  return {
    ...run,
    metadata: {
      ...run.metadata,
      labels: { ...labels, [LABELS.pipeline]: pipeline?.metadata.name ?? pipelineLabelOf(run), ...run.metadata.labels },
      ...(Object.keys(merged).length === 0 ? {} : { annotations: merged }),
    },
  };
}

/** Runs that are made from one inline pipeline again and again share its label: what their names begin with. */
function pipelineLabelOf(run: PipelineRun): string {
  const { generateName } = run.metadata;
  if (run.spec.pipelineSpec === undefined || generateName === undefined) return pipelineNameOf(run);
  return generateName.replace(/-$/, '');
}

/** The run with its start in the status: everything from here on counts from `startTime`. */
export function started(run: PipelineRun, spec: PipelineSpec | undefined, nowMs: number): PipelineRun {
  const createdMs = msOf(run.metadata.creationTimestamp) ?? 0;
  return {
    ...run,
    status: {
      startTime: timeOf(Math.max(nowMs, createdMs)), // clocks differ: nothing starts before it exists
      ...run.status,
      ...(spec === undefined ? {} : { pipelineSpec: spec }),
    },
  };
}
