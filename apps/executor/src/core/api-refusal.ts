// What an API server's refusal means: a decision from its answer to what we do next. Ordered rows, the first that matches.
//
//   A1. What may pass by waiting is `transient` or `overloaded`, whatever its code: the run shows it and waits.
//   A2. What never passes is said with what the user can do about it.

import { SlipwayError, isCertificateFailure, type ErrorKind } from '@slipway/contracts';

/** The answer of an API server that is no success: a `v1.Status`, or what stands in for one. */
export interface ApiRefusal {
  code: number;
  reason: string;
  message: string;
  retryAfterSeconds?: number;
}

interface Row {
  code: number | readonly [from: number, to: number];
  message?: RegExp;
  kind: ErrorKind;
  reason: string;
  hint?: string;
}

const QUOTA = 'The pod starts once there is room: others end, or the quota is raised.';
const ADMISSION = 'The cluster decides what may run there: change the task, or ask who administers it.';

// prettier-ignore
const ROWS: readonly Row[] = [
  { code: 409, message: /already exists/, kind: 'exists', reason: 'AlreadyExists' },
  { code: 409, message: /is being deleted|object is being deleted/, kind: 'transient', reason: 'NameNotFreeYet' },
  { code: 409, kind: 'conflict', reason: 'Conflict' },
  { code: 410, kind: 'expired', reason: 'Expired' },
  { code: 413, kind: 'invalid', reason: 'PodTooLarge', hint: 'Keep large scripts and params in a ConfigMap or in the source.' },
  { code: 403, message: /exceeded quota/, kind: 'transient', reason: 'ExceededResourceQuota', hint: QUOTA },
  { code: 403, message: /failed quota/, kind: 'invalid', reason: 'QuotaNeedsResources', hint: 'Give every step the requests and limits that the quota counts.' },
  { code: 403, message: /because it is being terminated/, kind: 'invalid', reason: 'NamespaceTerminating', hint: 'Start the run again once the namespace is there again.' },
  { code: 403, message: /error looking up service account|serviceaccount.*not found/, kind: 'invalid', reason: 'NoServiceAccount', hint: 'Create the service account, or name another in serviceAccountName.' },
  { code: 403, message: /violates PodSecurity|PodSecurityPolicy|unable to validate against any (pod security policy|security context constraint)/, kind: 'invalid', reason: 'PodAdmissionFailed', hint: 'Let the steps run as the namespace demands, or relax its pod-security.kubernetes.io/enforce label.' },
  { code: 403, message: /cannot (create|get|list|watch|delete|patch|update) resource/, kind: 'transient', reason: 'ExecutorForbidden', hint: 'The service account of the executor needs the rights that deploy/kubernetes gives it.' },
  { code: [400, 403], message: /admission webhook .* denied/, kind: 'invalid', reason: 'AdmissionRefused', hint: ADMISSION },
  { code: 403, kind: 'invalid', reason: 'AdmissionRefused', hint: ADMISSION },
  { code: 404, message: /^namespaces .*not found/, kind: 'invalid', reason: 'NamespaceNotFound', hint: 'Create the namespace in the cluster.' },
  { code: 404, message: /the server could not find the requested resource/, kind: 'transient', reason: 'NotServed' },
  { code: 404, kind: 'not-found', reason: 'NotFound' },
  { code: 401, kind: 'transient', reason: 'ExecutorUnauthorized', hint: 'The credentials of the executor have expired or are not known to the cluster.' },
  { code: 429, kind: 'overloaded', reason: 'ApiServerBusy' },
  { code: [400, 499], kind: 'invalid', reason: 'PodRefused' },
  { code: [500, 599], message: /failed calling webhook/, kind: 'transient', reason: 'AdmissionWebhookDown' },
  { code: [500, 599], kind: 'transient', reason: 'ApiServerFailed' },
];

/** Why a claim of a run cannot be made: what never passes is the claim's fault, and not the pod's. */
export function refusedClaim(error: SlipwayError): SlipwayError {
  return error.kind === 'invalid'
    ? new SlipwayError('invalid', 'CouldntCreateWorkspacePVC', error.message, {
        cause: error,
        ...(error.hint === undefined ? {} : { hint: error.hint }),
      })
    : error;
}

/** The refusal as an error whose kind says whether trying again helps. */
export function refusalError(refusal: ApiRefusal): SlipwayError {
  const { code, message, retryAfterSeconds } = refusal;
  const row = ROWS.find((one) => matches(one, refusal));
  if (row === undefined)
    return new SlipwayError('internal', 'UnknownAnswer', `The cluster answered ${code}: ${message}`);
  return new SlipwayError(row.kind, row.reason, message, {
    ...(row.hint === undefined ? {} : { hint: row.hint }),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterMs: retryAfterSeconds * 1000 }),
  });
}

/** A connection that did not come about or did not last, by the code of the operating system or of TLS. */
export function connectionError(code: string, cause: unknown): SlipwayError {
  const certificate = isCertificateFailure(code);
  return new SlipwayError(
    'transient',
    certificate ? 'ApiServerNotTrusted' : 'ApiServerUnreachable',
    certificate
      ? `The certificate of the cluster's API server is not accepted (${code}).`
      : `The cluster does not answer (${code}).`,
    {
      cause,
      ...(certificate ? { hint: 'Renew the certificate, or give the executor the authority that signed it.' } : {}),
    },
  );
}

function matches({ code, message }: Row, refusal: ApiRefusal): boolean {
  const [from, to] = typeof code === 'number' ? [code, code] : code;
  const inRange = refusal.code >= from && refusal.code <= to;
  return inRange && (message === undefined || message.test(refusal.message));
}
