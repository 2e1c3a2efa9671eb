// An installation from nothing to nothing: applied, used with kubectl alone, removed.

import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { succeeded, type KubeObject, type Pod, type PipelineRun, type TaskRun } from '@slipway/contracts';
import { eventually, sharedData } from '@slipway/testing';
import { startGitServer } from '../apps/resources/test/git-server.js';
import { imagesIn } from '../conformance/cluster/image-names.js';
import { baseLayer, standInLayer } from '../conformance/cluster/images.js';
import { loadImage } from '../conformance/cluster/load-image.js';
import { toolsOf } from '../scripts/e2e-kubernetes.mjs';
import { nodeAddress } from './cluster.js';
import { commitSources, ORDER_OF_THE_FIRST, whatTheFirstNeeds } from './seeds.js';
import { standIns } from './stand-ins.js';

const KUBECONFIG = process.env['E2E_KUBECONFIG']!;
const root = resolve(import.meta.dirname, '..');
const OVERLAY = join(root, 'deploy/kubernetes/overlays/kubernetes-1.20');
const LIMIT_MS = 600_000;
/** Shorter than a test's, so that a test says what it waited for. */
const DEADLINE_MS = 400_000;
const seeds = sharedData('seeds');
const SEEDS = [
  '01-dag-pipeline.yaml',
  '02-git-image-task.yaml',
  '03-build-deploy-taskrun.yaml',
  '04-test-build-push.yaml',
];
const LINES_OF_SEEDS = [
  'Successfully cloned https://github.com/GoogleContainerTools/skaffold',
  'kaniko --oci-layout-path=/workspace/output/builtImage',
  'mvn clean package -f source toolkit:deploy',
  'BUILD SUCCESS',
  'go test in /workspace/repo/src',
  'kaniko --destination=isno/tekton-test:latest',
];
const tools = toolsOf(root);
const whereImagesLoad = seeds !== undefined && existsSync(join(tools, 'kube-load')) ? test : test.skip;
const namespace = `install-${randomUUID().slice(0, 8)}`;

async function kubectl(args: string, input = ''): Promise<string> {
  const running = promisify(execFile)('kubectl', ['--kubeconfig', KUBECONFIG, ...args.split(' ')], {
    maxBuffer: 64 << 20,
  });
  running.child.stdin?.end(input);
  return (await running).stdout;
}
async function listed<T extends KubeObject>(args: string): Promise<T[]> {
  return (JSON.parse(await kubectl(`get ${args} -o json`)) as { items: T[] }).items;
}

/** The overlay with the images that the cluster has. */
async function manifests(): Promise<string> {
  const text = await kubectl(`kustomize ${OVERLAY}`);
  const images: [name: string, loaded: string | undefined][] = [
    ['slipway:0.1.0', process.env['SLIPWAY_IMAGE']],
    ['slipway/entrypoint:0.1.0', process.env['ENTRYPOINT_IMAGE']],
  ];
  return images.reduce(
    (all, [name, loaded = name]) => all.replaceAll(new RegExp(`(?<![\\w/])${name}`, 'g'), loaded),
    text,
  );
}

/** Under the names that the files have; the layers are those of the files of others. */
async function loadSeedImages(folder: string): Promise<void> {
  const programs = join(folder, 'programs');
  const tool = standInLayer(join(folder, 'tools.tar'), programs, standIns(programs));
  const layers = [baseLayer(join(root, '.slipway/images')), tool];
  const aliases = SEEDS.flatMap((file) => imagesIn(readFileSync(join(seeds!, file), 'utf8')));
  await loadImage(tools, folder, 'seeds', { layers, aliases });
}

/** Of the tasks of pipelines, in milliseconds; a cluster's times are whole seconds. */
async function timesOfTasks(): Promise<Record<'startedAt' | 'endedAt', (task: string) => number>> {
  const runs = await listed<TaskRun>(`-n ${namespace} taskruns`);
  const of = (task: string): TaskRun['status'] =>
    runs.find(({ metadata }) => metadata.labels?.['tekton.dev/pipelineTask'] === task)!.status;
  return {
    startedAt: (task) => Date.parse(of(task)!.startTime!),
    endedAt: (task) => Date.parse(of(task)!.completionTime!),
  };
}

function isReady({ status }: Pod): boolean {
  return (status?.conditions ?? []).some(({ type, status }) => type === 'Ready' && status === 'True');
}
/** For whoever reads why an installation does not become ready. */
function stateOf({ metadata, status }: Pod): string {
  const containers = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  return `${metadata.name} ${status?.phase ?? ''} ${JSON.stringify(containers.map(({ name, state }) => [name, state]))}`;
}

/** What the cluster has of an installation: what was applied, what was made for it in a namespace of users, and its disks. */
async function leftBehind(applied: string): Promise<string[]> {
  const named = await kubectl('get --ignore-not-found -o name -f -', applied);
  const made = await kubectl(`-n ${namespace} get secrets,networkpolicies -o name`);
  const volumes = await listed<KubeObject & { spec: { claimRef?: { namespace?: string } } }>('persistentvolumes');
  return [
    ...named.split('\n').filter((name) => name !== ''),
    ...made.split('\n').filter((name) => name.includes('slipway')),
    ...volumes.filter(({ spec }) => spec.claimRef?.namespace === 'slipway').map(({ metadata }) => metadata.name),
  ];
}

describe('an installation', () => {
  let text: string;

  beforeAll(async () => {
    text = await manifests();
    await kubectl(`create namespace ${namespace}`);
    await kubectl('apply -f -', text);
  }, LIMIT_MS);
  afterAll(async () => {
    // To its end: the next file may make a namespace of the same name.
    await kubectl('delete --ignore-not-found -f -', text);
    await kubectl(`delete namespace ${namespace} --ignore-not-found --wait=false`);
  }, LIMIT_MS);

  test(
    'becomes ready by itself, with passwords that nobody has thought of',
    async () => {
      await eventually(
        async () => {
          const pods = await listed<Pod>('-n slipway pods');
          const waiting = pods.filter((pod) => !isReady(pod));
          if (waiting.length > 0)
            throw new Error(`${String(waiting.length)} are not: ${waiting.map(stateOf).join('; ')}`);
          return pods.length === 14;
        },
        { deadlineMs: DEADLINE_MS, what: 'all pods of the installation are ready' },
      );
      const secret = JSON.parse(await kubectl('-n slipway get secret slipway-credentials -o json')) as {
        data: Record<string, string>;
      };
      expect(new Set(Object.values(secret.data)).size).toBe(7);
      await eventually(
        () =>
          kubectl('get --raw /apis/tekton.dev/v1').then(
            () => true,
            () => false,
          ),
        { deadlineMs: DEADLINE_MS, what: 'the API server passes tekton.dev on' },
      );
    },
    LIMIT_MS,
  );

  test(
    'runs the quickstart with kubectl alone, whose logs kubectl reads',
    async () => {
      await eventually(
        () =>
          kubectl(`-n ${namespace} create -f ${join(root, 'examples/quickstart.yaml')}`).then(
            () => true,
            () => false, // kubectl finds the kinds one group after the other
          ),
        { deadlineMs: DEADLINE_MS, what: 'kubectl knows the kinds' },
      );
      await eventually(
        async () => {
          const [run] = await listed<PipelineRun>(`-n ${namespace} pipelineruns`);
          return run?.status?.conditions?.[0]?.status === 'True';
        },
        { deadlineMs: DEADLINE_MS, what: 'the run succeeds' },
      );
      const pods = await listed<Pod>(`-n ${namespace} pods`);
      const print = pods.find(({ metadata }) => metadata.name.endsWith('-print-pod'))!;
      expect(await kubectl(`-n ${namespace} logs ${print.metadata.name}`)).toContain('Hello, Slipway!');
    },
    LIMIT_MS,
  );

  whereImagesLoad(
    'runs the pipelines by which people first meet such systems, unmodified',
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'slipway-seeds-'));
      const git = await startGitServer(undefined, await nodeAddress(KUBECONFIG));
      try {
        await loadSeedImages(folder);
        const settings = Object.entries(commitSources(git)).map(([name, value]) => `${name}=${value}`);
        await kubectl(`-n slipway set env deployment/slipway-resources ${settings.join(' ')}`);
        await kubectl('-n slipway rollout status deployment/slipway-resources');
        for (const file of SEEDS) await kubectl(`-n ${namespace} create -f ${join(seeds!, file)}`);
        await kubectl(`-n ${namespace} create -f -`, whatTheFirstNeeds(git.url));
        await eventually(
          async () => {
            const runs = await listed<PipelineRun | TaskRun>(`-n ${namespace} pipelineruns,taskruns`);
            const open = runs.filter((run) => succeeded(run)?.status !== 'True');
            if (open.length > 0)
              throw new Error(JSON.stringify(open.map(({ metadata, status }) => [metadata.name, status])));
            return true;
          },
          { deadlineMs: DEADLINE_MS, what: 'all runs succeed' },
        );
        const pods = await listed<Pod>(`-n ${namespace} pods`);
        const logs = await Promise.all(
          pods.map(({ metadata }) => kubectl(`-n ${namespace} logs ${metadata.name} --all-containers`)),
        );
        for (const line of LINES_OF_SEEDS) expect(logs.join('\n')).toContain(line);
        const { startedAt, endedAt } = await timesOfTasks();
        for (const [earlier, later] of ORDER_OF_THE_FIRST) {
          expect([earlier, later, endedAt(earlier) <= startedAt(later)]).toEqual([earlier, later, true]);
        }
      } finally {
        await git.close();
        rmSync(folder, { recursive: true });
      }
    },
    LIMIT_MS,
  );

  test('starts pods of users restricted, and kept from the metadata address', async () => {
    for (const { spec } of await listed<Pod>(`-n ${namespace} pods`)) {
      expect(spec).toMatchObject({
        automountServiceAccountToken: false,
        securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
      });
      for (const { securityContext } of spec.containers) {
        expect(securityContext).toMatchObject({ allowPrivilegeEscalation: false });
      }
    }
    expect(await kubectl(`-n ${namespace} get networkpolicies -o name`)).toContain('slipway-pods-of-slipway');
  });

  test(
    'lets runs go with their pods and claims',
    async () => {
      await kubectl(`-n ${namespace} delete pipelineruns,taskruns --all`);
      await eventually(async () => (await kubectl(`-n ${namespace} get pods,persistentvolumeclaims -o name`)) === '', {
        deadlineMs: DEADLINE_MS,
        what: 'pods and claims of the runs are gone',
      });
    },
    LIMIT_MS,
  );

  test(
    'is removed and leaves nothing behind, in namespaces of users neither',
    async () => {
      expect(await leftBehind(text)).not.toEqual([]);
      await kubectl('delete -f -', text);
      await eventually(async () => (await leftBehind(text)).length === 0, {
        deadlineMs: DEADLINE_MS,
        what: 'nothing of the installation is left',
      });
    },
    LIMIT_MS,
  );
});
