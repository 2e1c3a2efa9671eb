// A run that has been, as it is to be created once more.

import { ANNOTATIONS, type Param, type PipelineRun } from '@slipway/contracts';

/** What belongs to one run: what services wrote on it, and what says that it was this one. */
const NOT_AGAIN = /^slipway\.dev\/(?!policy$)|^kubectl\.kubernetes\.io\/last-applied-configuration$/;
const SERVICE_LABEL = /^slipway\.dev\/|^tekton\.dev\//;
/** A name of a child is its run's name and more; the server adds five letters. */
const NAME_MAX = 57;

/**
 * The new run: pipeline, workspaces and all as before, `params` over those that it had, and not stopped. `onlyFailed`: it
 * takes over what succeeded.
 */
export function againOf({ metadata, spec }: PipelineRun, params: readonly Param[], onlyFailed = false): PipelineRun {
  const again = { ...spec };
  delete again.status;
  const names = new Set(params.map(({ name }) => name));
  const merged = [...(spec.params ?? []).filter(({ name }) => !names.has(name)), ...params];
  const labels = Object.entries(metadata.labels ?? {}).filter(([key]) => !SERVICE_LABEL.test(key));
  const annotations = Object.entries(metadata.annotations ?? {}).filter(([key]) => !NOT_AGAIN.test(key));
  const generateName = metadata.generateName ?? `${metadata.name.slice(0, NAME_MAX)}-`;
  return {
    apiVersion: 'tekton.dev/v1',
    kind: 'PipelineRun',
    metadata: {
      name: '', // the server makes one
      generateName,
      labels: Object.fromEntries(labels),
      annotations: {
        ...Object.fromEntries(annotations),
        [ANNOTATIONS.rerunOf]: metadata.name,
        ...(onlyFailed ? { [ANNOTATIONS.rerun]: 'failed' } : {}),
      },
    },
    spec: { ...again, ...(merged.length === 0 ? {} : { params: merged }) },
  };
}

/** Those of `params` that nothing of the run takes, as far as its pipeline is known: a value for one would change nothing. */
export function unknownParams({ metadata, spec, status }: PipelineRun, params: readonly Param[]): string[] {
  const pipeline = status?.pipelineSpec ?? spec.pipelineSpec;
  if (pipeline === undefined) return [];
  const declared = new Set([...(pipeline.params ?? []), ...(spec.params ?? [])].map(({ name }) => name));
  const text = JSON.stringify([metadata.annotations, spec, status]).replaceAll('\\"', "'"); // tasks within may take one that nobody declares
  const isTaken = (name: string): boolean =>
    [`params['${name}']`, ...[')', '[', '.'].map((end) => `params.${name}${end}`)].some((use) => text.includes(use));
  return params.map(({ name }) => name).filter((name) => !declared.has(name) && !isTaken(name));
}
