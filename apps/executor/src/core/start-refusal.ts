// Why a pod is not there yet, or never will be, as its run shows it.

import { SlipwayError, type TaskRun } from '@slipway/contracts';
import type { Refusal } from './check-run.js';

/** Tekton's word for whatever has none of its own. */
const OTHERWISE = 'PodCreationFailed';
const OWN_WORDS =
  /^(ExceededResourceQuota|QuotaNeedsResources|NamespaceTerminating|NamespaceNotFound|NoServiceAccount|PodAdmissionFailed|AdmissionRefused|AdmissionWebhookDown|ExecutorForbidden|ExecutorUnauthorized|ApiServer\w+|PodTooLarge|PodNameTaken|PullImageFailed|CouldntCreateWorkspacePVC)$/;

/**
 * Why a run waits that could not be prepared, when it is the cluster or a registry that keeps it waiting; undefined: it is
 * something else.
 */
export function outsideWait(taskRun: Pick<TaskRun, 'metadata'>, thrown: unknown): Refusal | undefined {
  if (!(thrown instanceof SlipwayError)) return undefined;
  const { mayPass, reason, message } = startRefusal(taskRun, thrown);
  return mayPass && reason !== OTHERWISE ? { reason, message } : undefined;
}

/** What a runtime's refusal to start the run's pod means for the run. */
export function startRefusal(
  { metadata }: Pick<TaskRun, 'metadata'>,
  { kind, reason, message, hint }: SlipwayError,
): Refusal & { mayPass: boolean } {
  const words = `failed to create task run pod "${metadata.name}": ${message}`;
  return {
    mayPass: kind === 'transient' || kind === 'overloaded',
    reason: OWN_WORDS.test(reason) ? reason : OTHERWISE,
    message: hint === undefined ? words : `${words.replace(/\.?$/, '.')} ${hint}`,
  };
}
