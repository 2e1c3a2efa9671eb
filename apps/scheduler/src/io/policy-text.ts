// The policy of a run as it is stored: text in annotations.
//
//   Y1. What a run began with stands in its status: a change of an annotation changes no run that has started.

import {
  ANNOTATIONS,
  asSlipwayError,
  type KubeObject,
  type Pipeline,
  type PipelineRun,
  type Policy,
} from '@slipway/contracts';
import { plainYaml } from '@slipway/yaml';
import { hasBegun } from '../core/condition.js';
import type { PipelineSource } from '../core/compiled-pipeline.js';
import type { Refusal } from '../core/refusal.js';
import { invalidPolicy, policyOfRun } from '../core/run-policy.js';

/** The policy of a run, or why it has none that can be followed. */
export function readPolicy(run: PipelineRun, pipeline: Pipeline | undefined, source: PipelineSource): Policy | Refusal {
  try {
    const begun = run.status?.annotations?.[ANNOTATIONS.policy];
    if (begun !== undefined) return policyOfRun(JSON.parse(begun), undefined, source); // Y1
    if (hasBegun(run)) return {};
    return policyOfRun(documentOf(run), documentOf(pipeline), source);
  } catch (thrown) {
    return invalidPolicy(asSlipwayError(thrown).message);
  }
}

/** The status annotations of a run that begins with a policy; none for one that follows Tekton in everything. */
export function policyAnnotations(policy: Policy): Record<string, string> | undefined {
  return Object.keys(policy).length === 0 ? undefined : { [ANNOTATIONS.policy]: JSON.stringify(policy) };
}

function documentOf(object: KubeObject | undefined): unknown {
  const text = object?.metadata.annotations?.[ANNOTATIONS.policy];
  return text === undefined ? undefined : plainYaml(text, `the policy of ${object!.kind} "${object!.metadata.name}"`);
}
