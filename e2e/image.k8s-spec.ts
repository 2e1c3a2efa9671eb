// The image of deploy/Dockerfile on a real cluster: what it brings runs for whoever it has to, where it may write nowhere.

import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import type { Container, KubeObject, Pod } from '@slipway/contracts';
import { eventually } from '@slipway/testing';

const KUBECONFIG = process.env['E2E_KUBECONFIG']!;
const IMAGE = process.env['SLIPWAY_IMAGE']!;
const NATS_IMAGE = process.env['NATS_IMAGE']!;
const namespace = `slipway-image-${randomUUID().slice(0, 8)}`;
const LIMIT = { deadlineMs: 120_000 };

async function kubectl(args: readonly string[], input = ''): Promise<string> {
  const running = promisify(execFile)('kubectl', ['--kubeconfig', KUBECONFIG, '-n', namespace, ...args]);
  running.child.stdin?.end(input);
  return (await running).stdout;
}
const create = (object: KubeObject): Promise<string> => kubectl(['create', '-f', '-'], JSON.stringify(object));

beforeAll(async () => {
  await create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
});
afterAll(() => kubectl(['delete', 'namespace', namespace, '--wait=false']));

/** As restricted as a cluster can ask for. */
const RESTRICTED = {
  readOnlyRootFilesystem: true,
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
};

function container(name: string, command: string[], more: Partial<Container> = {}): Container {
  return {
    name,
    image: IMAGE,
    imagePullPolicy: 'Never',
    command,
    securityContext: RESTRICTED,
    volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }],
    ...more,
  };
}

/** `user`: of all containers, which then belong to a group of that number, too. */
function pod(name: string, containers: Container[], user: number, volumes: object[] = []): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: {
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 2,
      securityContext: { runAsNonRoot: true, runAsUser: user, runAsGroup: user, fsGroup: user },
      containers,
      volumes: [{ name: 'tmp', emptyDir: {} }, ...volumes],
    },
  } as Pod;
}

async function found(name: string): Promise<Pod> {
  return JSON.parse(await kubectl(['get', 'pod', name, '-o', 'json'])) as Pod;
}

/** One pod, so that all of them find NATS at 127.0.0.1. */
test('every service of the image gets ready as an ordinary user that may write to /tmp and its data only', async () => {
  const tokens = JSON.stringify([{ tokenSha256: '0'.repeat(64), user: 'nobody', rules: [] }]);
  await kubectl(['create', 'secret', 'generic', 'access', `--from-literal=tokens.json=${tokens}`]);
  const data = (name: string): object => ({ name, mountPath: '/var/lib/slipway', subPath: name });
  const service = (name: string, port: number, env: Record<string, string> = {}, mounts: object[] = []): Container =>
    container(name, ['node', `apps/${name}/dist/main.js`], {
      env: Object.entries({ HOST: '0.0.0.0', PORT: String(port), ...env }).map(([key, value]) => ({
        name: key,
        value,
      })),
      readinessProbe: { httpGet: { path: '/readyz', port }, periodSeconds: 1 },
      volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }, ...mounts],
    } as Partial<Container>);
  const registry = { TOKENS_FILE: '/run/access/tokens.json', DATABASE: 'sqlite:/var/lib/slipway/registry.db' };
  const store = (name: string): object => ({ ...data(name), name: 'data' });
  const nats = {
    image: NATS_IMAGE,
    volumeMounts: [{ name: 'data', mountPath: '/data', subPath: 'nats' }],
  };
  const containers = [
    container('nats', ['nats-server', '--jetstream', '--store_dir', '/data'], nats),
    service('registry', 8081, registry, [store('registry'), { name: 'access', mountPath: '/run/access' }]),
    service('scheduler', 8082),
    service('executor', 8083, { RUNTIME: 'faked' }),
    service('resources', 8084),
    service('logs', 8085, { LOGS_DATA: '/var/lib/slipway/logs' }, [store('logs')]),
  ];
  const volumes = [
    { name: 'data', emptyDir: {} },
    { name: 'access', secret: { secretName: 'access' } },
  ];
  await create(pod('services', containers, 65_532, volumes));
  await eventually(async () => {
    const statuses = (await found('services')).status?.containerStatuses ?? [];
    const ended = statuses.filter(({ state }) => state?.terminated !== undefined).map(({ name }) => name);
    for (const name of ended) throw new Error(`${name} ended: ${await kubectl(['logs', 'services', '-c', name])}`);
    return statuses.length === containers.length && statuses.every((status) => status.ready === true);
  }, LIMIT);
}, 180_000);

test('programs of steps that the platform adds start at their paths for any user, who has a name for ssh', async () => {
  const programs = ['git-init', 'gcs', 'imagedigestexporter', 'kubeconfigwriter', 'pullrequest-init'];
  const script = [
    'node -p "os.userInfo().uid"',
    'ssh -G example.test 2>&1 | grep -c "^hostname example.test"',
    ...programs.map(
      (name) => `/ko-app/${name} --no-such-flag >/tmp/said 2>&1; echo $? $(grep -c no-such-flag /tmp/said)`,
    ),
  ];
  await create(pod('programs', [container('any', ['sh', '-c', script.join('\n')])], 1_000_700_000));
  await eventually(async () => (await found('programs')).status?.phase === 'Succeeded', LIMIT);
  const [uid, names, ...refusals] = (await kubectl(['logs', 'programs'])).trim().split('\n');
  expect([uid, names]).toEqual(['1000700000', '1']);
  expect(refusals).toEqual(programs.map(() => expect.stringMatching(/^[12] [1-9]/) as string));
}, 180_000);
