// The executor and an API server whose certificate cannot be trusted: it has ended, or another authority signed it.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureServerCertificate, type KeptCertificates } from '@slipway/certificates';
import { succeeded, type TaskRunSpec } from '@slipway/contracts';
import { kubeconfigAccess } from '../../src/io/kubernetes-runtime/cluster-access.js';
import { ExecutorWorld } from '../executor-world.js';
import { ScriptedCluster } from './scripted-cluster.js';

const PLAIN: TaskRunSpec = { taskSpec: { steps: [{ name: 'only', image: 'busybox', command: ['true'] }] } };
const NAMES = ['127.0.0.1'];
const YEAR_MS = 365 * 24 * 60 * 60 * 1000;

let folder: string;
let cluster: ScriptedCluster;
let world: ExecutorWorld;
let good: KeptCertificates;
/** Of the same authority. */
let ended: KeptCertificates;
/** Of another authority. */
let other: KeptCertificates;

const believe = ({ ca }: KeptCertificates): void => {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'c',
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
    clusters: [
      {
        name: 'c',
        cluster: { server: cluster.url.href, 'certificate-authority-data': Buffer.from(ca).toString('base64') },
      },
    ],
    users: [{ name: 'u', user: { token: 'executor' } }],
  };
  writeFileSync(join(folder, 'kubeconfig'), JSON.stringify(config));
};

beforeAll(async () => {
  ended = await ensureServerCertificate(undefined, NAMES, Date.now() - 2 * YEAR_MS);
  good = await ensureServerCertificate(ended, NAMES, Date.now());
  other = await ensureServerCertificate(undefined, NAMES, Date.now());
  expect([good.ca, other.ca === good.ca]).toEqual([ended.ca, false]);
});
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-certificates-'));
  cluster = await ScriptedCluster.start(good);
  believe(good);
  cluster.access = await kubeconfigAccess([join(folder, 'kubeconfig')]);
  world = new ExecutorWorld(folder, cluster);
  await world.start();
});
afterEach(async () => {
  await world.stop();
  await cluster.stop();
  rmSync(folder, { recursive: true, force: true });
});

const condition = (name: string): ReturnType<typeof succeeded> => succeeded(world.taskRun(name)!);
const made = (name: string): Promise<unknown> => world.until(`${name} has a pod`, () => cluster.pod(`${name}-pod`));
const untrusted = (name: string): Promise<unknown> =>
  world.until(`${name} shows it`, () => (condition(name)?.reason === 'ApiServerNotTrusted' ? true : undefined));

test.each<[string, () => KeptCertificates, () => void]>([
  ['has ended and is renewed', () => ended, () => cluster.present(good)],
  ['is of an authority that the executor is told of later', () => other, () => believe(other)],
])(
  'a certificate that %s is waited for: shown with what to do, nothing written meanwhile, nothing lost',
  async (_what, presented, mend) => {
    await world.submit('before', PLAIN);
    await made('before');
    cluster.run('before-pod');
    await world.until('it runs', () => condition('before')?.reason === 'Running' || undefined);

    cluster.present(presented());
    cluster.finish('before-pod'); // nobody hears of it
    await world.submit('during', PLAIN);
    await untrusted('during');
    expect(condition('during')?.message).toMatch(
      /certificate of the cluster's API server is not accepted \(\w+\).*Renew/,
    );
    let written = 0; // of the run that waits; the other may tell a little late that it runs
    world.objects.beforeCommit = ({ writes }) => {
      if (writes.some((write) => 'object' in write && write.object.metadata.name === 'during')) written++;
    };
    const { connections } = cluster;
    await world.until('it was tried on', () => cluster.connections >= connections + 12 || undefined);
    expect(written).toBe(0);
    expect(condition('before')?.reason).toBe('Running');

    mend();
    await made('during');
    cluster.finish('during-pod');
    for (const name of ['before', 'during'])
      expect(succeeded(await world.done(name))).toMatchObject({ status: 'True' });
    expect(cluster.writes.filter((write) => write.startsWith('POST'))).toHaveLength(2);
  },
);
