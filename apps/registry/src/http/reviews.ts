// `kubectl auth can-i` and `kubectl auth whoami`: what the caller may do, and who the caller is.

import { SlipwayError } from '@slipway/contracts';
import type { User } from './authentication.js';
import { mayUse } from './authorization.js';

interface AccessReviewSpec {
  resourceAttributes?: { verb?: string; group?: string; resource?: string; subresource?: string; namespace?: string };
  nonResourceAttributes?: { path?: string; verb?: string };
}

/** Paths that every authenticated user may read. */
const OPEN_PATHS = ['/', '/api', '/apis', '/openapi', '/version', '/healthz', '/readyz', '/livez', '/metrics'];

/** Answers one review of `group`/`version`; undefined: no such review. */
export function answerReview(path: string, user: User, body: unknown): object | undefined {
  const given = (typeof body === 'object' && body !== null ? body : {}) as { metadata?: object; spec?: unknown };
  switch (path) {
    case 'authorization.k8s.io/v1/selfsubjectaccessreviews':
      return {
        kind: 'SelfSubjectAccessReview',
        apiVersion: 'authorization.k8s.io/v1',
        metadata: given.metadata ?? {},
        spec: given.spec ?? {},
        status: accessStatus(user, given.spec ?? {}),
      };
    case 'authorization.k8s.io/v1/selfsubjectrulesreviews':
      return {
        kind: 'SelfSubjectRulesReview',
        apiVersion: 'authorization.k8s.io/v1',
        metadata: given.metadata ?? {},
        spec: given.spec ?? {},
        status: rulesStatus(user, (given.spec as { namespace?: string } | undefined)?.namespace ?? ''),
      };
    case 'authentication.k8s.io/v1/selfsubjectreviews':
      return {
        kind: 'SelfSubjectReview',
        apiVersion: 'authentication.k8s.io/v1',
        metadata: { creationTimestamp: null },
        status: { userInfo: { username: user.name, groups: user.groups } },
      };
    default:
      return undefined;
  }
}

function accessStatus(user: User, spec: AccessReviewSpec): object {
  const { resourceAttributes: on, nonResourceAttributes: path } = spec;
  if ((on === undefined) === (path === undefined)) {
    throw new SlipwayError('invalid', 'Invalid', 'the access review is invalid', {
      problems: [
        {
          field: 'spec.resourceAttributes',
          reason: 'FieldValueInvalid',
          message: 'Invalid value: exactly one of nonResourceAttributes or resourceAttributes must be specified',
        },
      ],
    });
  }
  const allowed =
    on === undefined
      ? ['get', 'head'].includes(path?.verb ?? '') && OPEN_PATHS.some((open) => isAtOrBelow(path?.path ?? '', open))
      : mayUse(user, {
          kind: 'resource',
          version: '',
          name: '',
          verb: on.verb ?? '',
          group: on.group ?? '',
          resource: on.resource ?? '',
          subresource: on.subresource ?? '',
          namespace: on.namespace ?? '',
        });
  return allowed ? { allowed } : { allowed, reason: '' };
}

function isAtOrBelow(path: string, open: string): boolean {
  return path === open || (open !== '/' && path.startsWith(`${open}/`));
}

function rulesStatus(user: User, namespace: string): object {
  const rules = (user.rules ?? []).filter(
    (rule) => rule.namespaces.includes('*') || rule.namespaces.includes(namespace),
  );
  return {
    resourceRules: rules.flatMap(({ verbs, resources }) =>
      resources.map((resource) => ({ verbs, ...groupAndResource(resource) })),
    ),
    nonResourceRules: [
      { verbs: ['get'], nonResourceURLs: OPEN_PATHS.flatMap((path) => [path, `${path === '/' ? '' : path}/*`]) },
    ],
    incomplete: false,
  };
}

/** `pods/log` is of the core group, `taskruns.tekton.dev/status` is `taskruns/status` of `tekton.dev`. */
function groupAndResource(qualified: string): { apiGroups: string[]; resources: string[] } {
  const [, plural = '', group = '', subresource = ''] = /^([^./]+)(?:\.([^/]+))?(\/.+)?$/.exec(qualified) ?? [];
  return { apiGroups: [qualified === '*' || plural === '*' ? '*' : group], resources: [plural + subresource] };
}
