import { createHash } from 'node:crypto';
import type { Rule, User } from './authentication.js';
import { byRules, mayUse, requireAccess } from './authorization.js';
import { bearerTokens, parseTokenEntries } from './bearer-tokens.js';
import { targetOf, type ResourceTarget } from './request-target.js';
import { WHOLE_API } from './served.js';

const tenant: Rule = {
  namespaces: ['team-a'],
  resources: ['pipelineruns.tekton.dev', 'pods', 'pods/log', 'namespaces'],
  verbs: ['get', 'list'],
};
const admin: Rule = { namespaces: ['*'], resources: ['*'], verbs: ['*'] };
const user = (rule: Rule): User => ({ name: 'u', groups: [], rules: [rule] });
const target = (line: string): ResourceTarget => {
  const [method = '', path = ''] = line.split(' ');
  const [before = '', search = ''] = path.split('?');
  return targetOf(WHOLE_API, method, before, new URLSearchParams(search)) as ResourceTarget;
};

// prettier-ignore
const table: [request: string, allowed: boolean][] = [
  ['GET /apis/tekton.dev/v1/namespaces/team-a/pipelineruns', true],
  ['GET /apis/tekton.dev/v1/namespaces/team-a/pipelineruns/r', true],
  ['GET /apis/tekton.dev/v1/namespaces/team-b/pipelineruns/r', false],
  ['GET /apis/tekton.dev/v1/pipelineruns', false],
  ['GET /apis/tekton.dev/v1/namespaces/team-a/pipelineruns?watch=true', false],
  ['POST /apis/tekton.dev/v1/namespaces/team-a/pipelineruns', false],
  ['GET /apis/tekton.dev/v1/namespaces/team-a/pipelineruns/r/status', false],
  ['GET /api/v1/namespaces/team-a/pods/p/log', true],
  ['GET /api/v1/namespaces/team-b/pods/p/log', false],
  ['GET /api/v1/namespaces/team-a/secrets', false],
  ['GET /apis/other/v1/namespaces/team-a/pods', false],
  ['GET /api/v1/namespaces/team-a', true],
  ['GET /api/v1/namespaces/team-b', false],
  ['GET /api/v1/namespaces', false],
];

describe('authorization', () => {
  test.each(table)('a tenant may %s: %p', (request, allowed) => {
    expect(mayUse(user(tenant), target(request))).toBe(allowed);
    expect(mayUse(user(admin), target(request))).toBe(true);
  });

  test('a refusal is worded as Kubernetes words it', async () => {
    await expect(requireAccess(byRules, user(tenant), target('GET /api/v1/namespaces/b/pods/p/log'))).rejects.toThrow(
      'pods "p" is forbidden: User "u" cannot get resource "pods/log" in API group "" in the namespace "b"',
    );
    await expect(requireAccess(byRules, user(tenant), target('GET /apis/tekton.dev/v1/taskruns'))).rejects.toThrow(
      'taskruns.tekton.dev is forbidden: User "u" cannot list resource "taskruns" in API group "tekton.dev" at the cluster scope',
    );
  });

  test('everybody who is somebody may ask what they may do', () => {
    const nobody: User = { name: 'n', groups: [], rules: [] };
    expect(mayUse(nobody, target('POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews'))).toBe(true);
    expect(mayUse(nobody, target('POST /apis/authorization.k8s.io/v1/subjectaccessreviews'))).toBe(false);
  });
});

describe('bearerTokens', () => {
  const tokenSha256 = createHash('sha256').update('secret').digest('hex');
  const known = bearerTokens([{ tokenSha256, user: 'u', rules: [admin] }]);
  const authenticate = (authorization: string | undefined): User =>
    known({ headers: { authorization }, rawHeaders: [], certifiedName: undefined });

  test('knows a user by the token, whatever the case of the scheme', () => {
    expect(authenticate('Bearer secret').name).toBe('u');
    expect(authenticate('bearer secret').groups).toContain('system:authenticated');
  });

  test.each([
    undefined,
    '',
    'Bearer',
    'Bearer ',
    'Bearer wrong',
    'Basic secret',
    'secret',
    `Bearer ${tokenSha256}`,
    'Bearer secret x',
  ])('refuses %p', (header) => {
    expect(() => authenticate(header)).toThrow(expect.objectContaining({ kind: 'unauthorized' }) as Error);
  });
});

describe('parseTokenEntries', () => {
  const good = { tokenSha256: 'a'.repeat(64), user: 'u', rules: [admin] };
  test('takes what is whole', () => expect(parseTokenEntries([good], 'f')).toEqual([good]));
  test.each([
    ['no list', {}],
    ['tokenSha256', [{ ...good, tokenSha256: 'short' }]],
    ['user', [{ ...good, user: '' }]],
    ['rules', [{ ...good, rules: {} }]],
    ['each rule', [{ ...good, rules: [{ verbs: ['*'] }] }]],
    ['entry 2', [good, null]],
  ])('names what is wrong: %s', (what, data) => {
    expect(() => parseTokenEntries(data, 'tokens.yaml')).toThrow(what === 'no list' ? 'must be a list' : what);
  });
});
