// Who may do what: one question, asked for every request and by the access reviews.

import { SlipwayError } from '@slipway/contracts';
import type { Rule, User } from './authentication.js';
import type { ResourceTarget } from './request-target.js';

export interface Access {
  verb: string;
  group: string;
  resource: string;
  subresource: string;
  /** Empty: cluster scope, or all namespaces. */
  namespace: string;
}

export function mayUse(user: User, access: Access): boolean {
  return user.rules.some((rule) => covers(rule, access));
}

function covers(rule: Rule, { verb, group, resource, subresource, namespace }: Access): boolean {
  const qualified = group === '' ? resource : `${resource}.${group}`;
  const names = subresource === '' ? [qualified] : [`${qualified}/${subresource}`, `*/${subresource}`];
  return (
    (rule.verbs.includes('*') || rule.verbs.includes(verb)) &&
    (rule.resources.includes('*') || names.some((name) => rule.resources.includes(name))) &&
    (rule.namespaces.includes('*') || (namespace !== '' && rule.namespaces.includes(namespace)))
  );
}

/** Reviews of oneself: everybody who is somebody may ask them. */
const SELF_REVIEWS = new Set([
  'authorization.k8s.io/selfsubjectaccessreviews',
  'authorization.k8s.io/selfsubjectrulesreviews',
  'authentication.k8s.io/selfsubjectreviews',
]);

/** Errors: SlipwayError('forbidden') in Kubernetes' words. */
export function authorize(user: User, target: ResourceTarget): void {
  const { verb, group, resource, subresource, namespace, name } = target;
  if (verb === 'create' && SELF_REVIEWS.has(`${group}/${resource}`)) return;
  if (mayUse(user, target)) return;
  const path = subresource === '' ? resource : `${resource}/${subresource}`;
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  throw forbidden(
    { resource, group, name },
    `User "${user.name}" cannot ${verb} resource "${path}" in API group "${group}" ${where}`,
  );
}

/** `pods "x" is forbidden: <why>`. */
export function forbidden(on: { resource: string; group: string; name: string }, why: string): SlipwayError {
  const qualified = on.group === '' ? on.resource : `${on.resource}.${on.group}`;
  const name = on.name === '' ? '' : ` "${on.name}"`;
  return new SlipwayError('forbidden', 'Forbidden', `${qualified}${name} is forbidden: ${why}`);
}
