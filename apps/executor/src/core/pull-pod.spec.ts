import type { ContainerStatus, PodStatus } from '@slipway/contracts';
import { pullNodes, pullPod, pullVerdict, type ClusterNode, type PullVerdict } from './pull-pod.js';

const features = { nativeSidecars: false, imageVolumes: false };
const delivery = { kind: 'image', image: 'e:1', features, secret: 'entrypoint' } as const;
const options = { namespace: 'ns', image: 'scratch-like:1', installation: 'here', delivery, limitSeconds: 60 };

test('pullPod runs no program of the image, asks for nothing, and goes to its node', () => {
  const { metadata, spec } = pullPod({ ...options, node: 'n1' });
  expect(metadata.labels).toMatchObject({ 'slipway.dev/installation': 'here', 'slipway.dev/pulls-image': 'true' });
  expect(spec).toMatchObject({
    automountServiceAccountToken: false,
    activeDeadlineSeconds: 60,
    securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    initContainers: [],
    containers: [
      {
        image: 'scratch-like:1',
        imagePullPolicy: 'IfNotPresent',
        command: ['/tekton/bin/entrypoint', 'step-init'],
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
      },
    ],
  });
  expect(JSON.stringify(spec.affinity)).toContain('"n1"');
});

test('pullPod has a name for each image, namespace, node and installation', () => {
  const variants = [{}, { image: 'b' }, { namespace: 'b' }, { node: 'b' }, { installation: 'b' }];
  const names = variants.map((over) => pullPod({ ...options, node: 'a', ...over }).metadata.name);
  expect(new Set(names).size).toBe(variants.length);
  expect(pullPod({ ...options, node: 'a' }).metadata.name).toBe(names[0]);
});

function status(
  state: ContainerStatus['state'],
  rest: Partial<ContainerStatus> = {},
  pod: Partial<PodStatus> = {},
): PodStatus {
  const own = { name: 'image', state, ready: false, restartCount: 0, image: 'x', imageID: '', ...rest };
  return { phase: 'Pending', containerStatuses: [own], ...pod };
}

// prettier-ignore
const verdicts: [what: string, status: PodStatus | undefined, verdict: PullVerdict][] = [
  ['nothing yet', undefined, { kind: 'waiting' }],
  ['a pod without a node', { phase: 'Pending' }, { kind: 'waiting' }],
  ['a container that is made', status({ waiting: { reason: 'ContainerCreating' } }), { kind: 'waiting' }],
  ['a container that has ended', status({ terminated: { exitCode: 0 } }, { imageID: 'x@sha256:1' }, { phase: 'Succeeded' }), { kind: 'pulled', imageId: 'x@sha256:1' }],
  ['a container that runs', status({ running: {} }), { kind: 'pulled', imageId: '' }],
  ['one that cannot be made of what was pulled', status({ waiting: { reason: 'CreateContainerError', message: 'm' } }), { kind: 'pulled', imageId: '' }],
  ['a pull that failed', status({ waiting: { reason: 'ErrImagePull', message: 'denied' } }), { kind: 'failed', reason: 'ErrImagePull', message: 'denied' }],
  ['a pull that is waited with', status({ waiting: { reason: 'ImagePullBackOff', message: 'm' } }), { kind: 'failed', reason: 'ImagePullBackOff', message: 'm' }],
  ['a pod that was ended', { phase: 'Failed', reason: 'DeadlineExceeded', message: 'late' }, { kind: 'failed', reason: 'DeadlineExceeded', message: 'late' }],
];

test.each(verdicts)('pullVerdict of %s', (_what, given, verdict) => {
  expect(pullVerdict(given === undefined ? {} : { status: given })).toEqual(verdict);
});

test('pullNodes leaves out nodes that ordinary pods do not come to, and those above the limit', () => {
  const node = (name: string, spec: ClusterNode['spec'] = {}, ready = 'True'): ClusterNode => ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name },
    spec,
    status: { conditions: [{ type: 'Ready', status: ready }] },
  });
  const nodes = [
    node('d'),
    node('cordoned', { unschedulable: true }),
    node('tainted', { taints: [{ effect: 'NoSchedule' }] }),
    node('b', { taints: [{ effect: 'PreferNoSchedule' }] }),
    node('down', {}, 'Unknown'),
    node('c'),
  ];
  expect(pullNodes(nodes, 10)).toEqual(['b', 'c', 'd']);
  expect(pullNodes(nodes, 2)).toEqual(['b', 'c']);
});
