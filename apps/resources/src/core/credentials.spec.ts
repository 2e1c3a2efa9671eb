import { asSlipwayError, type Secret, type SlipwayError } from '@slipway/contracts';
import { planCredentials, type KnownHosts } from './credentials.js';

const secret = (
  type: string,
  annotations: Record<string, string>,
  over: Partial<Secret> & { name?: string } = {},
): Secret => {
  const { name = 'creds', ...rest } = over;
  return {
    ...{ apiVersion: 'v1', kind: 'Secret', metadata: { name, annotations }, type: `kubernetes.io/${type}` },
    data: { password: 'aHVudGVyMg==' },
    ...rest,
  };
};
const argsOf = (secrets: Secret[], knownHosts: KnownHosts = 'accept-new'): string[] =>
  planCredentials(secrets, 'ns/run', { knownHosts }).entrypointArgs;

function refusalOf(plan: () => unknown): SlipwayError {
  try {
    plan();
  } catch (thrown) {
    return asSlipwayError(thrown);
  }
  throw new Error('nothing was refused');
}

// prettier-ignore
const rows: [given: string, secret: Secret, args: string[]][] = [
  ['basic-auth for git', secret('basic-auth', { 'tekton.dev/git-0': 'https://github.com' }), ['-basic-git=creds=https://github.com']],
  ['Knative Build’s annotations', secret('basic-auth', { 'build.knative.dev/git-0': 'https://github.com' }), ['-basic-git=creds=https://github.com']],
  ['any suffix', secret('basic-auth', { 'tekton.dev/git-': 'https://a', 'build.knative.dev/git-x.y_z': 'https://b' }), ['-basic-git=creds=https://a', '-basic-git=creds=https://b']],
  ['several hosts, sorted by what is annotated', secret('basic-auth', { 'tekton.dev/git-0': 'https://b', 'tekton.dev/git-1': 'https://a' }), ['-basic-git=creds=https://a', '-basic-git=creds=https://b']],
  ['one host that both prefixes name', secret('basic-auth', { 'tekton.dev/git-0': 'https://a', 'build.knative.dev/git-0': 'https://a' }), ['-basic-git=creds=https://a']],
  ['git and a registry', secret('basic-auth', { 'tekton.dev/docker-0': 'https://gcr.io', 'tekton.dev/git-0': 'https://a' }), ['-basic-docker=creds=https://gcr.io', '-basic-git=creds=https://a']],
  ['a URL with = in it', secret('basic-auth', { 'tekton.dev/docker-0': 'https://r/x?a=b' }), ['-basic-docker=creds=https://r/x?a=b']],
  ['ssh-auth for a host', secret('ssh-auth', { 'tekton.dev/git-0': 'github.com' }), ['-ssh-git=creds=github.com']],
  ['ssh-auth annotated with https', secret('ssh-auth', { 'tekton.dev/git-0': 'https://github.com' }), ['-ssh-git=creds=github.com', '-git_instead_of=https://github.com/ ssh://git@github.com/']],
  ['ssh-auth annotated in scp form', secret('ssh-auth', { 'tekton.dev/git-0': 'git@host.example:org/repo' }), ['-ssh-git=creds=host.example']],
  ['ssh-auth annotated with ssh', secret('ssh-auth', { 'build.knative.dev/git-0': 'ssh://git@host:22/path' }), ['-ssh-git=creds=host:22']],
  ['a docker config', secret('dockerconfigjson', {}), ['-docker-config=creds']],
  ['an old docker config', secret('dockercfg', {}), ['-docker-cfg=creds']],
  ['a secret that is no credential', secret('tls', { 'tekton.dev/git-0': 'https://github.com' }), []],
  ['a credential that names no host', secret('basic-auth', {}), []],
  ['an ssh key and an annotation for docker', secret('ssh-auth', { 'tekton.dev/docker-0': 'https://gcr.io' }), []],
];
test.each(rows)('planCredentials hands steps %s', (_given, given, args) => {
  const plan = planCredentials([given], 'ns/run', { knownHosts: 'accept-new' });
  expect(plan.entrypointArgs).toEqual(args);
  expect(plan.volumeMounts.map(({ mountPath }) => mountPath)).toEqual(
    args.length > 0 ? ['/tekton/creds-secrets/creds'] : [],
  );
  expect(JSON.stringify(plan)).not.toMatch(/hunter2|aHVudGVyMg/);
});

test('planCredentials hands steps every docker config', () => {
  const both = ['one', 'two'].map((name) => secret('dockerconfigjson', {}, { name }));
  expect(argsOf(both)).toEqual(['-docker-config=one', '-docker-config=two']);
});

test('planCredentials keeps the same URL of two secrets', () => {
  const both = ['one', 'two'].map((name) => secret('basic-auth', { 'tekton.dev/git-0': 'https://h' }, { name }));
  expect(argsOf(both)).toEqual(['-basic-git=one=https://h', '-basic-git=two=https://h']);
});

test('planCredentials gives each repository its key where a host has several', () => {
  const repository = secret('ssh-auth', { 'tekton.dev/git-0': 'git@h:org/repo' }, { name: 'one' });
  const whole = secret('ssh-auth', { 'tekton.dev/git-0': 'https://h' }, { name: 'two' });
  const alias = 'ssh://git@h--org--repo/org/repo';
  expect(argsOf([repository, whole])).toEqual([
    '-ssh-git=one=h--org--repo=h',
    '-ssh-git=one=h',
    `-git_instead_of=git@h:org/repo ${alias}`,
    `-git_instead_of=ssh://git@h/org/repo ${alias}`,
    `-git_instead_of=ssh://git@h:22/org/repo ${alias}`,
    '-ssh-git=two=h',
  ]);
});

test('planCredentials leaves https to the password that is there for the host', () => {
  const key = secret('ssh-auth', { 'tekton.dev/git-0': 'https://h' }, { name: 'key' });
  const password = secret('basic-auth', { 'tekton.dev/git-0': 'https://h/org' }, { name: 'password' });
  expect(argsOf([key, password])).toEqual(['-ssh-git=key=h', '-basic-git=password=https://h/org']);
});

// prettier-ignore
const bad: [what: string, secret: Secret, why: RegExp][] = [
  ['a line break', secret('ssh-auth', { 'tekton.dev/git-0': 'host\n  ProxyCommand touch /x' }), /names no host/],
  ['a quote', secret('basic-auth', { 'tekton.dev/git-0': 'https://h"]\\n[core]' }), /names no host/],
  ['a dollar', secret('basic-auth', { 'tekton.dev/git-0': 'https://$(id)' }), /names no host/],
  ['a backtick', secret('basic-auth', { 'build.knative.dev/docker-0': 'https://`id`' }), /names no host/],
  ['what would be an option', secret('ssh-auth', { 'tekton.dev/git-0': '-oProxyCommand=x' }), /names no host/],
  ['a pattern of ssh', secret('ssh-auth', { 'tekton.dev/git-0': '*' }), /names "\*", which is no host of ssh/],
  ['a password', secret('basic-auth', { 'tekton.dev/git-0': 'https://u:hunter2@h' }), /has a password in it/],
  ['nothing', secret('basic-auth', { 'tekton.dev/git-0': '' }), /names no host/],
  ['docker’s registry under a name where no client looks', secret('basic-auth', { 'build.knative.dev/docker-0': 'index.docker.io' }), /Use https:\/\/index\.docker\.io\/v1\//],
  ['a policy that there is not', secret('ssh-auth', { 'tekton.dev/git-0': 'h', 'slipway.dev/known-hosts': 'no' }), /neither required nor accept-new/],
];
test.each(bad)('planCredentials refuses an annotation with %s', (_what, given, why) => {
  const { reason, message } = refusalOf(() => argsOf([given]));
  expect(reason).toBe('BadSecretAnnotation');
  expect(message).toMatch(why);
  expect(message).not.toMatch(/hunter2/);
});

// prettier-ignore
const policies: [given: string, platform: KnownHosts, annotations: Record<string, string>, data: Record<string, string>, refused: boolean][] = [
  ['a platform that requires them', 'required', {}, {}, true],
  ['a platform that requires them, and a secret that has them', 'required', {}, { known_hosts: 'aCBr' }, false],
  ['a secret that requires them', 'accept-new', { 'slipway.dev/known-hosts': 'required' }, {}, true],
  ['a secret that requires less than the platform', 'required', { 'slipway.dev/known-hosts': 'accept-new' }, {}, true],
  ['nobody who requires them', 'accept-new', {}, {}, false],
];
test.each(policies)('planCredentials asks for known_hosts given %s', (_given, platform, annotations, data, refused) => {
  const given = secret('ssh-auth', { 'tekton.dev/git-0': 'h', ...annotations }, { data });
  const plan = (): string[] => argsOf([given], platform);
  if (refused) expect(refusalOf(plan).reason).toBe('KnownHostsRequired');
  else expect(plan()).toEqual(['-ssh-git=creds=h']);
});

test('planCredentials keeps volumes of two secrets apart, however long their names', () => {
  const both = ['1', '2'].map((end) => secret('dockercfg', {}, { name: 'x'.repeat(240) + end }));
  const names = planCredentials(both, 'ns/run', { knownHosts: 'accept-new' }).volumes.map(({ name }) => name);
  expect(new Set(names).size).toBe(2);
  for (const name of names) expect(name.length).toBeLessThanOrEqual(63);
});
