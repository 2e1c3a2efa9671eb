// Who may do what: one question, asked once for every request, before its body is read.

import { SlipwayError } from '@slipway/contracts';
import type { User } from './authentication.js';

export interface ResourceAccess {
  kind: 'resource';
  verb: string;
  group: string;
  version: string;
  resource: string;
  subresource: string;
  /** Empty: cluster scope, or all namespaces. */
  namespace: string;
  /** Empty: the collection. */
  name: string;
}
/** Discovery and schemas. */
export interface PathAccess {
  kind: 'path';
  verb: string;
  path: string;
}
export type Access = ResourceAccess | PathAccess;

export interface Decision {
  allowed: boolean;
  /** Why not, for the user. */
  reason?: string;
}

/** Errors: `transient` when nobody can say; the request is then refused. */
export type Authorize = (user: User, access: Access) => Promise<Decision>;

/** By the rules of the user's own token. */
export const byRules: Authorize = (user, access) => Promise.resolve({ allowed: mayUse(user, access) });

export function mayUse(user: User, access: Access): boolean {
  if (access.kind === 'path') return true; // what is served is the same for everybody, and no secret
  const isAskedOfOneself = access.verb === 'create' && SELF_REVIEWS.has(`${access.group}/${access.resource}`);
  return isAskedOfOneself || (user.rules ?? []).some((rule) => covers(rule, access));
}

function covers(
  rule: NonNullable<User['rules']>[number],
  { verb, group, resource, subresource, namespace }: ResourceAccess,
): boolean {
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

/** Errors: SlipwayError('forbidden') in Kubernetes' words; those of `authorize`. */
export async function requireAccess(authorize: Authorize, user: User, access: Access): Promise<void> {
  const { allowed, reason } = await authorize(user, access);
  if (allowed) return;
  if (access.kind === 'resource') throw refusalOf(user, access, reason);
  const what = `User "${user.name}" cannot ${access.verb} path "${access.path}"`;
  throw new SlipwayError('forbidden', 'Forbidden', `forbidden: ${what}${because(reason)}`);
}

function refusalOf(user: User, access: ResourceAccess, reason: string | undefined): SlipwayError {
  const { verb, group, resource, subresource, namespace, name } = access;
  const path = subresource === '' ? resource : `${resource}/${subresource}`;
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  return forbidden(
    { resource, group, name },
    `User "${user.name}" cannot ${verb} resource "${path}" in API group "${group}" ${where}${because(reason)}`,
  );
}

function because(reason: string | undefined): string {
  return reason === undefined || reason === '' ? '' : `: ${reason}`;
}

/** `pods "x" is forbidden: <why>`. */
export function forbidden(on: { resource: string; group: string; name: string }, why: string): SlipwayError {
  const qualified = on.group === '' ? on.resource : `${on.resource}.${on.group}`;
  const name = on.name === '' ? '' : ` "${on.name}"`;
  return new SlipwayError('forbidden', 'Forbidden', `${qualified}${name} is forbidden: ${why}`);
}
