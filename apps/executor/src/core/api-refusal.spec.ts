import { connectionError, refusalError, refusedClaim } from './api-refusal.js';

// Messages as an API server wrote them.
// prettier-ignore
const table: [given: string, code: number, message: string, kind: string, reason: string][] = [
  ['waits for room in a full quota', 403, 'pods "a" is forbidden: exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1', 'transient', 'ExceededResourceQuota'],
  ['gives up on a pod that a quota cannot count', 403, 'pods "a" is forbidden: failed quota: q: must specify cpu', 'invalid', 'QuotaNeedsResources'],
  ['gives up in a namespace that goes away', 403, 'pods "a" is forbidden: unable to create new content in namespace x because it is being terminated', 'invalid', 'NamespaceTerminating'],
  ['gives up without the service account', 403, 'pods "a" is forbidden: error looking up service account x/robot: serviceaccount "robot" not found', 'invalid', 'NoServiceAccount'],
  ['gives up on what pod security forbids', 403, 'pods "a" is forbidden: violates PodSecurity "restricted:latest": runAsNonRoot != true', 'invalid', 'PodAdmissionFailed'],
  ['gives up on what a pod security policy forbids', 403, 'pods "a" is forbidden: PodSecurityPolicy: unable to admit pod: []', 'invalid', 'PodAdmissionFailed'],
  ['gives up on what a security context constraint forbids', 403, 'pods "a" is forbidden: unable to validate against any security context constraint: [provider restricted: .spec.securityContext.hostPID: Invalid value: true]', 'invalid', 'PodAdmissionFailed'],
  ['waits for rights of its own', 403, 'pods is forbidden: User "system:serviceaccount:s:executor" cannot create resource "pods" in API group "" in the namespace "x"', 'transient', 'ExecutorForbidden'],
  ['gives up on what a limit range forbids', 403, 'pods "a" is forbidden: maximum cpu usage per Container is 1, but limit is 2', 'invalid', 'AdmissionRefused'],
  ['gives up on what a webhook denies', 400, 'admission webhook "policy.example.com" denied the request: no latest tags', 'invalid', 'AdmissionRefused'],
  ['waits for a webhook that is down', 500, 'Internal error occurred: failed calling webhook "policy.example.com": connection refused', 'transient', 'AdmissionWebhookDown'],
  ['gives up on a pod that is not valid', 422, 'Pod "a" is invalid: spec.containers[0].name: Required value', 'invalid', 'PodRefused'],
  ['gives up without the namespace', 404, 'namespaces "x" not found', 'invalid', 'NamespaceNotFound'],
  ['says that an object is not there', 404, 'pods "a" not found', 'not-found', 'NotFound'],
  ['waits for new credentials', 401, 'Unauthorized', 'transient', 'ExecutorUnauthorized'],
  ['waits for a busy server', 429, 'The apiserver is overloaded', 'overloaded', 'ApiServerBusy'],
  ['waits for a broken server', 503, 'apiserver not ready', 'transient', 'ApiServerFailed'],
  ['says that a name is taken', 409, 'pods "a" already exists', 'exists', 'AlreadyExists'],
  ['waits until a name is free', 409, 'object is being deleted: pods "a" already exists', 'exists', 'AlreadyExists'],
  ['lists again when a version is gone', 410, 'The resourceVersion for the provided watch is too old.', 'expired', 'Expired'],
  ['gives up on a pod that is too large', 413, 'Request entity too large: limit is 3145728', 'invalid', 'PodTooLarge'],
];

describe('refusalError', () => {
  test.each(table)('%s', (_given, code, message, kind, reason) => {
    expect(refusalError({ code, reason: '', message })).toMatchObject({ kind, reason, message });
  });

  test('waits as long as the server asks', () => {
    const refusal = { code: 429, reason: 'TooManyRequests', message: 'later', retryAfterSeconds: 3 };
    expect(refusalError(refusal).retryAfterMs).toBe(3000);
  });

  test('knows every code that is no success (A1)', () => {
    for (let code = 400; code < 600; code++) {
      expect(refusalError({ code, reason: '', message: '' }).kind).not.toBe('internal');
    }
  });
});

describe('connectionError', () => {
  test.each([
    ['ECONNREFUSED', 'ApiServerUnreachable'],
    ['ETIMEDOUT', 'ApiServerUnreachable'],
    ['CERT_HAS_EXPIRED', 'ApiServerNotTrusted'],
    ['ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED', 'ApiServerNotTrusted'],
  ])('tells %s as %s, which may pass', (code, reason) => {
    expect(connectionError(code, undefined)).toMatchObject({ kind: 'transient', reason });
  });
});

describe('refusedClaim', () => {
  const claim = (code: number, message: string): unknown => refusedClaim(refusalError({ code, reason: '', message }));

  test('says of a claim that can never be that it is the claim', () => {
    const message = 'PersistentVolumeClaim "c" is invalid: spec.accessModes: Required value';
    expect(claim(422, message)).toMatchObject({ kind: 'invalid', reason: 'CouldntCreateWorkspacePVC', message });
  });

  test('leaves a claim that has to wait to the next try', () => {
    const full = 'persistentvolumeclaims "c" is forbidden: exceeded quota: q, requested: persistentvolumeclaims=1';
    expect(claim(403, full)).toMatchObject({ kind: 'transient', reason: 'ExceededResourceQuota' });
  });
});
