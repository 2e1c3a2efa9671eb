// Authorization by the cluster: every question is a SubjectAccessReview, so its RBAC, webhooks and the rest decide.
//
//   R1. Fail closed: no answer, or none that can be read, is no permission.
//   R2. An answer is remembered for a few seconds, as API servers remember it; how many are is bounded, whoever asks.
//   R3. The same question asked again while it is on its way is one question.

import { createHash } from 'node:crypto';
import type { ClusterClient } from '@slipway/cluster';
import { SlipwayError } from '@slipway/contracts';
import type { User } from '../../http/authentication.js';
import type { Access, Authorize, Decision } from '../../http/authorization.js';

const PATH = '/apis/authorization.k8s.io/v1/subjectaccessreviews';
/** What a removed permission may still do, and the time until a new one counts. */
export const REMEMBERED_MS = 10_000;
const MAX_REMEMBERED = 10_000;

interface Review {
  status?: { allowed?: unknown; denied?: unknown; reason?: unknown };
}

interface Remembered {
  decision: Promise<Decision>;
  /** Undefined while the question is on its way. */
  untilMs: number | undefined;
}

/** @param asked told of every question and how it ended, for metrics */
export function accessReviews(
  client: Pick<ClusterClient, 'request'>,
  nowMs: () => number,
  asked: (outcome: 'allowed' | 'denied' | 'failed', durationMs: number) => void = () => undefined,
): Authorize {
  const remembered = new Map<string, Remembered>();

  const ask = async (key: string, user: User, access: Access): Promise<Decision> => {
    const startedMs = performance.now();
    try {
      const review = await client.request<Review>(PATH, { method: 'POST', body: reviewOf(user, access) });
      const decision = decisionOf(review);
      asked(decision.allowed ? 'allowed' : 'denied', performance.now() - startedMs);
      const entry = remembered.get(key);
      if (entry !== undefined) entry.untilMs = nowMs() + REMEMBERED_MS;
      return decision;
    } catch (cause) {
      remembered.delete(key);
      asked('failed', performance.now() - startedMs);
      // R1. In words of ours: that the registry may not ask is nothing that the user could mend.
      throw new SlipwayError(
        'transient',
        'AuthorizationUnavailable',
        'the cluster did not say whether this is allowed',
        {
          retryAfterMs: 1000,
          cause,
        },
      );
    }
  };

  return (user, access) => {
    const key = keyOf(user, access);
    const known = remembered.get(key);
    if (known !== undefined && (known.untilMs === undefined || nowMs() < known.untilMs)) return known.decision; // R2, R3
    remembered.delete(key); // to the end of the order
    const entry: Remembered = { decision: Promise.resolve({ allowed: false }), untilMs: undefined };
    remembered.set(key, entry);
    entry.decision = ask(key, user, access);
    if (remembered.size > MAX_REMEMBERED) remembered.delete(remembered.keys().next().value!); // R2
    return entry.decision;
  };
}

function reviewOf({ name, groups, uid, extra }: User, access: Access): object {
  const { kind, ...attributes } = access;
  const on =
    kind === 'path'
      ? { nonResourceAttributes: attributes }
      : {
          resourceAttributes: Object.fromEntries(
            Object.entries(attributesOf(access)).filter(([, value]) => value !== ''),
          ),
        };
  return {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    spec: {
      user: name,
      groups,
      ...(uid === undefined ? {} : { uid }),
      ...(extra === undefined ? {} : { extra }),
      ...on,
    },
  };
}

/** Of what is known of a target, what a review has. */
function attributesOf(access: Extract<Access, { kind: 'resource' }>): Record<string, string> {
  const { namespace, verb, group, version, resource, subresource, name } = access;
  return { namespace, verb, group, version, resource, subresource, name };
}

function decisionOf({ status }: Review): Decision {
  const isAllowed = status?.allowed === true && status.denied !== true;
  return { allowed: isAllowed, ...(typeof status?.reason === 'string' ? { reason: status.reason } : {}) };
}

/** A digest: users bring names, groups and extras of any length. */
function keyOf({ name, groups, uid, extra }: User, access: Access): string {
  const asked = access.kind === 'path' ? access : attributesOf(access);
  return createHash('sha256')
    .update(JSON.stringify([name, groups, uid, extra, asked]))
    .digest('base64');
}
