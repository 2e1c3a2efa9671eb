// The status that an outside controller brings for a CustomRun, read as the API reads one.
//
//   S1. Only the status changes: whatever else is stored stays as it is.
//   S2. A status is written over the state that was read, and over no other: uid and resourceVersion are those stored.
//   S3. What has ended stays as it ended.
//   S4. Custom tasks of Slipway's own group are served by Slipway: nobody approves in the place of the approvers.

import { SlipwayError, isDone, resourceKindOf, type CustomRun, type CustomRunStatusRequest } from '@slipway/contracts';
import type { AdmissionLimits } from '../core/admission/limits.js';
import { decodeBody, validated } from './admit.js';

const API_VERSION = 'tekton.dev/v1beta1';
const OWN_GROUP = 'slipway.dev/';

/** The run with its new status. Errors: `conflict`, `forbidden`, and `invalid` with what is wrong, unknown fields too. */
export function admitCustomRunStatus(
  request: CustomRunStatusRequest,
  stored: CustomRun,
  limits: AdmissionLimits,
): CustomRun {
  const { namespace, name, uid, resourceVersion, status } = request;
  const about = `The CustomRun "${name}" in the namespace "${namespace}"`;
  if (uid !== stored.metadata.uid) {
    throw new SlipwayError('conflict', 'UidMismatch', `${about} is another one: its uid is ${stored.metadata.uid}.`);
  }
  if (resourceVersion !== stored.metadata.resourceVersion) {
    throw new SlipwayError('conflict', 'Conflict', `${about} has been modified since: read it again.`);
  }
  if (isDone(stored)) throw new SlipwayError('conflict', 'CustomRunFinished', `${about} has ended.`); // S3
  const { customRef, customSpec } = stored.spec;
  const apiVersion = (customRef ?? customSpec)?.apiVersion ?? '';
  if (apiVersion.startsWith(OWN_GROUP)) {
    throw new SlipwayError('forbidden', 'Forbidden', `${about} is of ${apiVersion}, which Slipway serves itself.`); // S4
  }
  const kind = resourceKindOf(API_VERSION, 'CustomRun')!;
  const body = { value: { metadata: { name }, spec: {}, status }, duplicates: [] };
  const given = decodeBody(kind, 'v1beta1', body, 'Strict').object as CustomRun;
  const next = { ...stored, status: given.status ?? {} }; // S1
  return validated(kind, next, limits, stored) as CustomRun;
}
