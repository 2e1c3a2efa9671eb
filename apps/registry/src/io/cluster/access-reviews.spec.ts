import type { ClusterClient } from '@slipway/cluster';
import { SlipwayError } from '@slipway/contracts';
import type { User } from '../../http/authentication.js';
import type { Access } from '../../http/authorization.js';
import { REMEMBERED_MS, accessReviews } from './access-reviews.js';

interface Asked {
  spec: { user: string; resourceAttributes?: Record<string, string>; nonResourceAttributes?: Record<string, string> };
}

/** A cluster that keeps what it was asked, and answers what `answer` says. */
function cluster(answer: (asked: Asked) => unknown): { asked: Asked[]; client: Pick<ClusterClient, 'request'> } {
  const asked: Asked[] = [];
  const request = (_path: string, options: { body?: unknown } = {}): Promise<unknown> => {
    asked.push(options.body as Asked);
    return Promise.resolve().then(() => answer(options.body as Asked));
  };
  return { asked, client: { request: request as ClusterClient['request'] } };
}

const ada: User = { name: 'ada', groups: ['dev'], extra: { 'acme.org/scope': ['a'] } };
const runs = (verb: string, name = ''): Access => ({
  kind: 'resource',
  verb,
  group: 'tekton.dev',
  version: 'v1',
  resource: 'pipelineruns',
  subresource: '',
  namespace: 'team-a',
  name,
});
const allows = (allowed: unknown) => () => ({ status: { allowed } });

describe('accessReviews', () => {
  test('asks in the words of a SubjectAccessReview', async () => {
    const { asked, client } = cluster(allows(true));
    const authorize = accessReviews(client, () => 0);
    expect(await authorize(ada, runs('get', 'r'))).toEqual({ allowed: true });
    await authorize(ada, { kind: 'path', verb: 'get', path: '/apis' });
    expect(asked.map(({ spec }) => spec)).toEqual([
      {
        user: 'ada',
        groups: ['dev'],
        extra: { 'acme.org/scope': ['a'] },
        resourceAttributes: {
          namespace: 'team-a',
          verb: 'get',
          group: 'tekton.dev',
          version: 'v1',
          resource: 'pipelineruns',
          name: 'r',
        },
      },
      {
        user: 'ada',
        groups: ['dev'],
        extra: { 'acme.org/scope': ['a'] },
        nonResourceAttributes: { verb: 'get', path: '/apis' },
      },
    ]);
  });

  test.each([
    ['a refusal', { status: { allowed: false, reason: 'no' } }],
    ['a denial beside a permission', { status: { allowed: true, denied: true } }],
    ['a text for true', { status: { allowed: 'true' } }],
    ['an answer without status', {}],
  ])('takes %s for no permission (R1)', async (_what, answer) => {
    const authorize = accessReviews(cluster(() => answer).client, () => 0);
    expect((await authorize(ada, runs('get'))).allowed).toBe(false);
  });

  test('refuses, in words of its own, while the cluster does not answer, and asks again at once (R1)', async () => {
    let isAway = true;
    const { asked, client } = cluster(() => {
      if (isAway) throw new SlipwayError('forbidden', 'Forbidden', 'the registry may not ask');
      return { status: { allowed: true } };
    });
    const authorize = accessReviews(client, () => 0);
    await expect(authorize(ada, runs('get'))).rejects.toMatchObject({
      kind: 'transient',
      message: 'the cluster did not say whether this is allowed',
    });
    isAway = false;
    expect((await authorize(ada, runs('get'))).allowed).toBe(true);
    expect(asked).toHaveLength(2);
  });

  test('remembers an answer for its time and no longer, for that user and that question (R2)', async () => {
    let nowMs = 0;
    let isAllowed = true;
    const { asked, client } = cluster(() => ({ status: { allowed: isAllowed } }));
    const authorize = accessReviews(client, () => nowMs);
    await authorize(ada, runs('get'));
    isAllowed = false;
    nowMs = REMEMBERED_MS - 1;
    expect((await authorize(ada, runs('get'))).allowed).toBe(true);
    for (const [user, access] of [
      [ada, runs('list')],
      [ada, runs('get', 'r')],
      [{ ...ada, name: 'eve' }, runs('get')],
      [{ ...ada, groups: [] }, runs('get')],
      [{ ...ada, extra: {} }, runs('get')],
    ] as [User, Access][]) {
      expect((await authorize(user, access)).allowed).toBe(false);
    }
    expect(asked).toHaveLength(6);
    nowMs = REMEMBERED_MS;
    expect((await authorize(ada, runs('get'))).allowed).toBe(false);
  });

  test('asks once for the same question while it is on its way (R3)', async () => {
    const { asked, client } = cluster(allows(true));
    const authorize = accessReviews(client, () => 0);
    await Promise.all(Array.from({ length: 50 }, () => authorize(ada, runs('get'))));
    expect(asked).toHaveLength(1);
  });

  test('forgets the oldest answers when there are too many (R2)', async () => {
    const { asked, client } = cluster(allows(true));
    const authorize = accessReviews(client, () => 0);
    for (let i = 0; i <= 10_000; i++) await authorize(ada, runs('get', `r${i}`));
    await authorize(ada, runs('get', 'r10000'));
    expect(asked).toHaveLength(10_001);
    await authorize(ada, runs('get', 'r0'));
    expect(asked).toHaveLength(10_002);
  });
});
