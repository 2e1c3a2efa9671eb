// Who did what: one line of the log for every request that changes something or was refused, and, at level debug, for
// every other one.

import type { Admission } from './exchange.js';
import type { Target } from './request-target.js';

export interface AuditLine {
  level: 'info' | 'debug';
  fields: Record<string, unknown>;
  message: string;
}

const READING = new Set(['GET', 'HEAD']);
/** Groups of a user that are written down; the rest only counts. */
const MAX_GROUPS = 20;

/** Undefined: a request about nothing that is served. */
export function auditLine(
  { id, method, target, user }: Pick<Admission, 'id' | 'method' | 'target' | 'user'>,
  code: number,
  durationMs: number,
): AuditLine | undefined {
  const isRefused = code === 403;
  if (target.kind !== 'resource' && !isRefused) return undefined;
  const isQuiet = READING.has(method) && !isRefused;
  return {
    level: isQuiet ? 'debug' : 'info',
    message: isRefused ? `${method} refused` : method,
    fields: {
      audit: true,
      requestId: id,
      user: plain(user.name),
      groups: user.groups.slice(0, MAX_GROUPS).map(plain),
      ...named(target),
      code,
      ms: Math.round(durationMs * 10) / 10,
    },
  };
}

export function named(target: Target): Record<string, string> {
  if (target.kind !== 'resource') return {};
  const { verb, group, resource, subresource, namespace, name } = target;
  const path = subresource === '' ? resource : `${resource}/${subresource}`;
  return { verb, group: plain(group), resource: plain(path), namespace: plain(namespace), name: plain(name) };
}

/** One line of the log is one request. */
function plain(text: string): string {
  return text.slice(0, 253).replace(/\p{Cc}/gu, '?');
}
