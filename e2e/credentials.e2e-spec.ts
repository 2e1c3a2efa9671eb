// Credentials of service accounts on a whole platform, used by real clients against real servers: git over ssh (sshd) and
// https (with a certificate of its own), and a registry; in Tasks and in Builds, in their sources and in steps of users.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { succeeded, isDone, type KubeObject, type Pod, type Step, type TaskRun } from '@slipway/contracts';
import { startGitServer, type GitServer } from '../apps/resources/test/git-server.js';
import { hasSshd, startSshServer, type SshServer } from '../apps/resources/test/ssh-server.js';
import { Kubectl } from '../conformance/kubectl.js';
import { startPlatform, type Platform } from '../conformance/platform.js';
import { hasRegistry, startRegistryServer, type RegistryServer } from './registry-server.js';

const CANARY = { user: 'canary-user-4U', password: 'canary-password-7Z' };
const SLIPWAY = resolve(import.meta.dirname, '../slipway');

let folder: string;
let ssh: SshServer;
let git: GitServer;
let registry: RegistryServer;
let platform: Platform;
let kubectl: Kubectl;
let commandLines = '';

const describeWithServers = hasSshd && hasRegistry ? describe : describe.skip;

describeWithServers('credentials', () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'slipway-credentials-'));
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost'];
    const names = ['-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', cert];
    expect(spawnSync('openssl', [...request, ...names]).status).toBe(0);
    const tls = { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
    [ssh, git, registry] = await Promise.all([
      startSshServer(),
      startGitServer(tls),
      startRegistryServer(CANARY.user, CANARY.password),
    ]);
    git.commit('repo', { 'README.md': 'hello', 'go/inner.txt': 'inner' });
    git.commit('other', { 'README.md': 'other' });
    git.credentials = CANARY;
    platform = await startPlatform(SLIPWAY, [], { ...process.env, ALLOWED_NETWORKS: '127.0.0.1' });
    kubectl = new Kubectl(platform.kubeconfig);
    await apply(...objects(tls.cert));
  }, 300_000);
  afterAll(async () => {
    await platform?.stop();
    await Promise.all([ssh?.close(), git?.close(), registry?.close()]);
    rmSync(folder, { recursive: true, force: true });
  });

  const sshUrl = (): string => `ssh://${ssh.address}:${ssh.port}${git.root}/repo.git`;
  const secret = (
    name: string,
    type: string,
    annotation: [string, string],
    stringData: object,
    more = {},
  ): KubeObject => ({
    ...{ apiVersion: 'v1', kind: 'Secret', type: `kubernetes.io/${type}`, stringData },
    metadata: { name, annotations: { ...Object.fromEntries([annotation]), ...more } },
  });
  const account = (name: string, ...secrets: string[]): KubeObject =>
    ({
      ...{ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name } },
      secrets: secrets.map((one) => ({ name: one })),
    }) as KubeObject;

  function objects(cert: string): KubeObject[] {
    const privateKey = readFileSync(ssh.keyFile, 'utf8');
    const known = { 'ssh-privatekey': privateKey, known_hosts: ssh.knownHost };
    const wrongHost = `[127.0.0.1]:${ssh.port} ${readFileSync(`${ssh.strangeKey()}.pub`, 'utf8')}`;
    const host = `127.0.0.1:${ssh.port}`;
    const forms = {
      'ssh-host': host,
      'ssh-user': `${ssh.address}:${ssh.port}`,
      'ssh-url': `ssh://${ssh.address}:${ssh.port}/anything`,
    };
    return [
      ...Object.entries(forms).flatMap(([name, value]) => [
        secret(name, 'ssh-auth', ['build.knative.dev/git-0', value], known),
        account(name, name),
      ]),
      secret('unknown', 'ssh-auth', ['tekton.dev/git-0', host], { 'ssh-privatekey': privateKey }),
      account('unknown', 'unknown'),
      secret('wrong', 'ssh-auth', ['tekton.dev/git-0', host], { ...known, known_hosts: wrongHost }),
      account('wrong', 'wrong'),
      secret(
        'strict',
        'ssh-auth',
        ['tekton.dev/git-0', host],
        { 'ssh-privatekey': privateKey },
        {
          'slipway.dev/known-hosts': 'required',
        },
      ),
      account('strict', 'strict'),
      secret('one-repository', 'ssh-auth', ['tekton.dev/git-0', sshUrl()], {
        ...known,
        'ssh-privatekey': readFileSync(ssh.strangeKey(), 'utf8'),
      }),
      account('two-keys', 'one-repository', 'ssh-host'),
      secret('basic', 'basic-auth', ['tekton.dev/git-0', git.url], {
        username: CANARY.user,
        password: CANARY.password,
      }),
      secret('docker', 'basic-auth', ['build.knative.dev/docker-x', registry.host], {
        username: CANARY.user,
        password: CANARY.password,
      }),
      account('basic', 'basic', 'docker'),
      secret('bad', 'basic-auth', ['build.knative.dev/docker-0', 'index.docker.io'], { username: 'u', password: 'p' }),
      account('bad', 'bad'),
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'ca' }, data: { 'ca.pem': cert } } as KubeObject,
    ];
  }

  const step = (name: string, script: string): Step => ({
    name,
    image: 'ubuntu',
    command: ['/bin/sh'],
    args: ['-ec', script],
  });
  const taskRun = (name: string, serviceAccountName: string, steps: Step[], annotations = {}): KubeObject =>
    ({
      ...{ apiVersion: 'tekton.dev/v1', kind: 'TaskRun', metadata: { name, annotations } },
      spec: { serviceAccountName, taskSpec: { steps: steps.map(withCa), volumes: [CA_VOLUME] } },
    }) as KubeObject;
  const build = (
    name: string,
    serviceAccountName: string,
    steps: Step[],
    source?: object,
    annotations = {},
  ): KubeObject =>
    ({
      ...{ apiVersion: 'build.knative.dev/v1alpha1', kind: 'Build', metadata: { name, annotations } },
      spec: { serviceAccountName, steps: steps.map(withCa), volumes: [CA_VOLUME], ...(source ? { source } : {}) },
    }) as KubeObject;

  const CA_VOLUME = { name: 'ca', configMap: { name: 'ca' } };
  const withCa = (one: Step): Step => ({
    ...one,
    env: [{ name: 'GIT_SSL_CAINFO', value: '/ca/ca.pem' }],
    volumeMounts: [{ name: 'ca', mountPath: '/ca' }],
  });

  const cloneOverSsh = (): Step => step('clone', `git clone -q ${sshUrl()} /tmp/repo && cat /tmp/repo/README.md`);
  const cloneOverHttps = (): Step =>
    step('clone', `git clone -q ${git.url}/repo.git /tmp/repo && cat /tmp/repo/README.md`);
  const inspect = (name = 'inspect'): Step =>
    step(name, `skopeo inspect --tls-verify=false docker://${registry.image} | grep -c '"Digest"'`);

  it.each(['ssh-host', 'ssh-user', 'ssh-url'])(
    'of an ssh key annotated as %s let a step of a Task, and a Build’s source and step, clone from a known host',
    async (name) => {
      await apply(
        taskRun(`task-${name}`, name, [cloneOverSsh()]),
        build(`build-${name}`, name, [step('source', 'cat README.md'), cloneOverSsh()], {
          git: { url: sshUrl(), revision: 'main' },
        }),
      );
      expect(succeeded(await done('taskrun', `task-${name}`))).toMatchObject({ status: 'True' });
      expect(succeeded(await done('build', `build-${name}`))).toMatchObject({ status: 'True' });
      expect(await logs('taskrun', `task-${name}`, 'step-clone')).toMatch(/^hello$/m);
      expect(await logs('build', `build-${name}`, 'build-step-source')).toMatch(/^hello$/m);
      expect(await logs('build', `build-${name}`, 'build-step-clone')).toMatch(/^hello$/m);
    },
  );

  it('without a known host take its key and say so, and with another one refuse it', async () => {
    await apply(taskRun('accepted', 'unknown', [cloneOverSsh()]), taskRun('refused', 'wrong', [cloneOverSsh()]));
    expect(succeeded(await done('taskrun', 'accepted'))).toMatchObject({ status: 'True' });
    expect(await logs('taskrun', 'accepted', 'step-clone')).toMatch(
      /secret unknown has no known_hosts: what 127\.0\.0\.1/,
    );
    expect(succeeded(await done('taskrun', 'refused'))).toMatchObject({ status: 'False', reason: 'StepFailed' });
    expect(await logs('taskrun', 'refused', 'step-clone')).toMatch(
      /REMOTE HOST IDENTIFICATION HAS CHANGED|verification failed/,
    );
  });

  it('without a known host are refused where the secret asks for one', async () => {
    await apply(taskRun('strict', 'strict', [cloneOverSsh()]));
    expect(succeeded(await done('taskrun', 'strict'))).toMatchObject({ status: 'False', reason: 'KnownHostsRequired' });
  });

  it('of one repository are for that repository, and those of its host for all others', async () => {
    const other = sshUrl().replace('repo.git', 'other.git');
    const script = `! git clone -q ${sshUrl()} /tmp/repo || exit 1; git clone -q ${other} /tmp/other; cat /tmp/other/README.md`;
    await apply(taskRun('two-keys', 'two-keys', [step('clone', script)]));
    expect(succeeded(await done('taskrun', 'two-keys'))).toMatchObject({ status: 'True' });
    const log = await logs('taskrun', 'two-keys', 'step-clone');
    expect(log).toMatch(/Permission denied \(publickey\)/);
    expect(log).toMatch(/^other$/m);
  });

  it.each([
    ['an entrypoint', {}],
    ['init containers', { 'slipway.dev/step-order': 'init-containers' }],
  ])('let steps of %s clone over https and ask a registry, in Tasks and Builds', async (order, annotations) => {
    const name = order.replaceAll(' ', '-');
    const steps = [cloneOverHttps(), inspect()];
    await apply(
      taskRun(`task-${name}`, 'basic', steps, annotations),
      build(`build-${name}`, 'basic', steps, undefined, annotations),
    );
    for (const [kind, prefix] of [
      ['taskrun', 'step-'],
      ['build', 'build-step-'],
    ] as const) {
      const run = `${kind === 'taskrun' ? 'task' : 'build'}-${name}`;
      expect([run, succeeded(await done(kind, run))]).toMatchObject([run, { status: 'True' }]);
      expect(await logs(kind, run, `${prefix}clone`)).toMatch(/^hello$/m);
      expect(await logs(kind, run, `${prefix}inspect`)).toMatch(/^1$/m);
    }
  });

  it('are nothing to the steps that are not named', async () => {
    const steps = [
      cloneOverHttps(),
      step('test', 'cat ~/.git-credentials ~/.docker/config.json /tekton/creds-secrets/* || echo nothing'),
      inspect('push'),
    ];
    const annotations = { 'slipway.dev/credentials-for': 'clone,push' };
    await apply(
      taskRun('some-task', 'basic', steps, annotations),
      build('some-build', 'basic', steps, undefined, annotations),
    );
    for (const [kind, name, prefix] of [
      ['taskrun', 'some-task', 'step-'],
      ['build', 'some-build', 'build-step-'],
    ] as const) {
      expect(succeeded(await done(kind, name))).toMatchObject({ status: 'True' });
      const seen = await logs(kind, name, `${prefix}test`);
      expect(seen).toMatch(/nothing$/m);
      expect(seen).not.toMatch(/\*\*\*/); // what would be masked
    }
  });

  it('that nobody could use are refused, and say whose annotation it is', async () => {
    await apply(taskRun('bad-task', 'bad', [step('a', 'true')]), build('bad-build', 'bad', [step('a', 'true')]));
    const task = succeeded(await done('taskrun', 'bad-task'));
    expect(task).toMatchObject({ status: 'False', reason: 'BadSecretAnnotation' });
    expect(task?.message).toMatch(/secret "bad" names index\.docker\.io.* Use https:\/\/index\.docker\.io\/v1\//);
    expect(succeeded(await done('build', 'bad-build'))).toMatchObject({ status: 'False' });
  });

  it('show in no command line, no object and no log', async () => {
    const kinds = ['taskruns', 'pods', 'builds', 'events', 'configmaps', 'serviceaccounts'];
    const listed = await kubectl.run(['get', kinds.join(','), '-o', 'json']);
    expect(listed.code).toBe(0);
    const pods = await kubectl.json<{ items: Pod[] }>(['get', 'pods']);
    const all = await Promise.all(
      pods.items.map(({ metadata }) => kubectl.run(['logs', metadata.name, '--all-containers'])),
    );
    const everything = [commandLines, listed.stdout, ...all.map(({ stdout, stderr }) => stdout + stderr)].join('\n');
    expect(commandLines).toContain('git');
    const keyLine = readFileSync(ssh.keyFile, 'utf8').split('\n')[1]!;
    const encoded = Buffer.from(`${CANARY.user}:${CANARY.password}`).toString('base64');
    for (const canary of [
      CANARY.user,
      CANARY.password,
      keyLine,
      encoded,
      Buffer.from(CANARY.password).toString('base64'),
    ]) {
      expect(everything.includes(canary)).toBe(false);
    }
  });
});

async function apply(...documents: KubeObject[]): Promise<void> {
  const list = { apiVersion: 'v1', kind: 'List', items: documents };
  const { code, stderr } = await kubectl.run(['create', '-f', '-'], JSON.stringify(list));
  if (code !== 0) throw new Error(stderr);
}

async function done(kind: string, name: string): Promise<TaskRun> {
  const deadline = Date.now() + 50_000;
  for (;;) {
    lookAtCommandLines();
    const found = await kubectl.json<TaskRun>(['get', kind, name]);
    if (isDone(found)) return found;
    if (Date.now() > deadline) throw new Error(`${kind} ${name} is not done: ${JSON.stringify(found.status)}`);
  }
}

async function logs(kind: string, name: string, container: string): Promise<string> {
  const run = await kubectl.json<TaskRun & { status: { cluster?: { podName: string } } }>(['get', kind, name]);
  const pod = run.status.podName ?? run.status.cluster?.podName ?? '';
  const { code, stdout, stderr } = await kubectl.run(['logs', pod, '-c', container]);
  return code === 0 ? stdout : `no log: ${stderr}`;
}

/** Of all that runs on this machine just now, but for what this test itself starts. */
function lookAtCommandLines(): void {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      if (!commandLines.includes(line)) commandLines += `${line}\n`;
    } catch {
      // it has ended
    }
  }
}
