// The registry behind a real cluster's API server: kubectl talks to the cluster alone, and finds our kinds there.

import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import 'reflect-metadata';
import { startRegistry, type RunningRegistry } from '@slipway/registry/start';
import { createLogger, freePort } from '@slipway/service';
import { eventually, startTestNats, tempDir, type TestNats } from '@slipway/testing';

const KUBECONFIG = process.env['E2E_KUBECONFIG']!;
const run = promisify(execFile);
const MANIFESTS = resolve(import.meta.dirname, '../deploy/kubernetes/aggregation');
const SERVICE = 'slipway-registry';
const SECRET = 'slipway-registry-certificate';

interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

async function kubectl(args: string, input = ''): Promise<Ran> {
  const running = run('kubectl', ['--kubeconfig', KUBECONFIG, ...args.split(' ')], { maxBuffer: 64 << 20 });
  running.child.stdin?.end(input);
  try {
    return { code: 0, ...(await running) };
  } catch (error) {
    const { code, stdout, stderr } = error as Ran;
    return { code, stdout, stderr };
  }
}
async function done(args: string, input?: string): Promise<string> {
  const { code, stdout, stderr } = await kubectl(args, input);
  if (code !== 0) throw new Error(`kubectl ${args}: ${stderr}`);
  return stdout;
}

const GROUP_VERSIONS = [
  'v1.tekton.dev',
  'v1beta1.tekton.dev',
  'v1alpha1.tekton.dev',
  'v1beta1.resolution.tekton.dev',
  'v1alpha1.resolution.tekton.dev',
  'v1alpha1.slipway.dev',
  'v1alpha1.build.knative.dev',
  'v1alpha1.caching.internal.knative.dev',
];

/** A kubeconfig with nothing but the rights of a service account. */
async function kubeconfigOf(account: string, namespace: string, file: string): Promise<string> {
  const token = await done(`-n ${namespace} create token ${account}`);
  const [cluster] = (
    JSON.parse(await done('config view --raw --flatten --minify -o json')) as { clusters: { cluster: object }[] }
  ).clusters;
  const config = {
    clusters: [{ name: 'c', cluster: cluster!.cluster }],
    users: [{ name: account, user: { token: token.trim() } }],
    contexts: [{ name: 'c', context: { cluster: 'c', user: account } }],
    'current-context': 'c',
  };
  await writeFile(file, JSON.stringify(config), { mode: 0o600 });
  return file;
}

/** `tekton.dev/v1` of `v1.tekton.dev`. */
function groupVersionOf(apiService: string): string {
  const [version = '', ...group] = apiService.split('.');
  return `${group.join('.')}/${version}`;
}

const pipelineRun = (name: string): string =>
  JSON.stringify({
    apiVersion: 'tekton.dev/v1',
    kind: 'PipelineRun',
    metadata: { name },
    spec: { pipelineRef: { name: 'p' } },
  });

describe('the registry behind a real API server', () => {
  const id = randomUUID().slice(0, 8);
  const platform = 'slipway'; // an installation is one of its kind in a cluster, as its APIServices are
  const team = `team-${id}`;
  let nats: TestNats;
  let dir: Awaited<ReturnType<typeof tempDir>>;
  let registry: RunningRegistry;

  beforeAll(async () => {
    [nats, dir] = await Promise.all([startTestNats(), tempDir()]);
    await Promise.all([done(`apply -k ${MANIFESTS}`), done(`create namespace ${team}`)]);
    const host = await done(`get nodes -o jsonpath={.items[0].status.addresses[?(@.type=="InternalIP")].address}`);
    const port = await freePort();
    const items = [
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: SERVICE },
        spec: { ports: [{ port: 443, targetPort: port }] },
      },
      {
        apiVersion: 'v1',
        kind: 'Endpoints',
        metadata: { name: SERVICE },
        subsets: [{ addresses: [{ ip: host }], ports: [{ port }] }],
      },
      role('ada', ['*']),
      role('eve', ['get', 'list', 'watch']),
      binding('ada'),
      binding('eve'),
    ];
    const place = (item: { kind: string; metadata: object }): object => ({
      ...item,
      metadata: { ...item.metadata, namespace: item.kind.startsWith('Role') ? team : platform },
    });
    await done('apply -f -', JSON.stringify({ apiVersion: 'v1', kind: 'List', items: items.map(place) }));
    const own = await kubeconfigOf('slipway-registry', platform, join(dir.path, 'kubeconfig'));
    registry = await startRegistry(
      {
        port,
        host,
        database: `sqlite:${join(dir.path, 'registry.db')}`,
        natsUrl: nats.url,
        access: { kind: 'cluster', from: own, namespace: platform, certificateSecret: SECRET, service: SERVICE },
        instance: 'registry-0',
        logLevel: 'warn',
      },
      { logger: createLogger('registry', 'warn') },
    );
    // The API server takes them up one after the other, a few seconds each.
    await eventually(
      async () => {
        const answers = await Promise.all(
          GROUP_VERSIONS.map((name) => kubectl(`get --raw /apis/${groupVersionOf(name)}`)),
        );
        return answers.every(({ code }) => code === 0);
      },
      { deadlineMs: 150_000, what: 'the API server passes all groups on' },
    );
  }, 180_000);
  afterAll(async () => {
    await done(`delete namespace --ignore-not-found --wait=false ${team}`);
    await done(`delete -k ${MANIFESTS} --ignore-not-found`); // to its end: others make a namespace of that name
    await registry.stop();
    await nats.close();
    await dir.remove();
  }, 180_000);

  const role = (name: string, verbs: string[]): { kind: string; metadata: object } => ({
    ...{ apiVersion: 'rbac.authorization.k8s.io/v1' },
    kind: 'Role',
    metadata: { name },
    ...{ rules: [{ apiGroups: ['tekton.dev'], resources: ['*'], verbs }] },
  });
  const binding = (name: string): { kind: string; metadata: object } => ({
    ...{ apiVersion: 'rbac.authorization.k8s.io/v1' },
    kind: 'RoleBinding',
    metadata: { name },
    ...{
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name }],
    },
  });
  test('its kinds are found beside the cluster’s own, in every version', async () => {
    const names = await done('api-resources --api-group=tekton.dev -o name');
    expect(names.split('\n')).toContain('pipelineruns.tekton.dev');
    expect(await done('api-versions')).toContain('tekton.dev/v1alpha1');
    expect(await done('get namespaces -o name')).toContain(`namespace/${team}`);
  });

  test('users of the cluster do what its RBAC allows them, and nothing else', async () => {
    await done(`-n ${team} --as=ada create -f -`, pipelineRun('shown'));
    expect(await done(`-n ${team} --as=eve get pipelineruns -o name`)).toBe('pipelinerun.tekton.dev/shown\n');
    expect(await done(`-n ${team} --as=eve get prs`)).toMatch(/^NAME +SUCCEEDED/);
    const refused = [
      await kubectl(`-n ${team} --as=eve create -f -`, pipelineRun('hers')),
      await kubectl(`-n ${team} --as=eve delete pipelinerun shown`),
      await kubectl(`-n ${platform} --as=ada get pipelineruns`),
      await kubectl(`--as=ada get pipelineruns --all-namespaces`),
      await kubectl(`-n ${team} --as=mallory get pipelineruns`),
      await kubectl(`-n ${team} --as=mallory get --watch pipelineruns`),
    ];
    expect(refused.map(({ code, stderr }) => [code, /\(Forbidden\)/.test(stderr)])).toEqual(
      refused.map(() => [1, true]),
    );
  });

  test('a watch through the cluster sees what comes, changes and goes', async () => {
    const watching = run('kubectl', [
      '--kubeconfig',
      KUBECONFIG,
      '-n',
      team,
      '--as=eve',
      'get',
      'pipelineruns',
      '--watch',
      '-o',
      'name',
    ]);
    let seen = '';
    watching.child.stdout?.on('data', (text: string) => (seen += text));
    watching.catch(() => undefined); // it ends by our signal
    await done(`-n ${team} --as=ada create -f -`, pipelineRun('watched'));
    await eventually(() => seen.includes('watched'), { deadlineMs: 30_000 });
    const before = seen.length;
    await done(`-n ${team} --as=ada annotate pipelinerun watched a=b`);
    await eventually(() => seen.slice(before).includes('watched'), { deadlineMs: 30_000 });
    watching.child.kill();
    await done(`-n ${team} --as=ada delete pipelinerun watched`);
    expect((await kubectl(`-n ${team} --as=eve get pipelinerun watched`)).stderr).toContain('NotFound');
  });

  test('nothing is created in a namespace that the cluster has not', async () => {
    const refused = await kubectl(`-n nowhere-${id} create -f -`, pipelineRun('r'));
    expect(refused.stderr).toContain(`namespaces "nowhere-${id}" not found`);
  });

  test('the end of a namespace is the end of what is in it, and a namespace of that name begins empty', async () => {
    await done(`-n ${team} create -f -`, pipelineRun('left'));
    await done(`delete namespace ${team} --timeout=50s`);
    await done(`create namespace ${team}`);
    expect(await done(`-n ${team} get pipelineruns -o name`)).toBe('');
  });
});
