// The pod that brings an image onto a node of a cluster and ends: its container runs the entrypoint, never a program of the
// image, so that any image can be pulled.
//
//   Q1. Its name follows from what it pulls and where: two that start it make one.
//   Q2. It asks for nothing that the strictest namespace refuses, and gets no token.

import { ENTRYPOINT_IMAGE, POD_PATHS, md5Hex, type KubeObject, type Pod } from '@slipway/contracts';
import { CLUSTER_LABELS } from './cluster-pod.js';
import { BIN_MOUNT, deliverEntrypoint, type Delivery } from './entrypoint-delivery.js';
import { pullPolicyOf } from './pull-policy.js';

/** On every such pod. */
export const PULL_LABEL = 'slipway.dev/pulls-image';

export interface PullPodOptions {
  namespace: string;
  image: string;
  /** The node; undefined: wherever the cluster puts it. */
  node: string | undefined;
  installation: string;
  delivery: Delivery;
  /** Of containers that do not say. */
  imagePullPolicy?: string;
  /** After this the cluster ends it itself. Seconds. */
  limitSeconds: number;
}

const CONTAINER = 'image';
const ORDINARY_USER = 65532;

export function pullPod(options: PullPodOptions): Pod {
  const { namespace, image, node, installation, delivery, limitSeconds } = options;
  const { volume, initContainers } = deliverEntrypoint(delivery, { links: [], scripts: [], mounts: [] });
  const securityContext = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };
  const name = `slipway-pull-${md5Hex([installation, namespace, image, node ?? ''].join('\n')).slice(0, 16)}`; // Q1
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace,
      labels: { [CLUSTER_LABELS.installation]: installation, [PULL_LABEL]: 'true' },
      annotations: { [PULL_LABEL]: image },
    },
    spec: {
      restartPolicy: 'Never',
      activeDeadlineSeconds: limitSeconds,
      terminationGracePeriodSeconds: 0,
      automountServiceAccountToken: false, // Q2
      enableServiceLinks: false,
      securityContext: { runAsNonRoot: true, runAsUser: ORDINARY_USER, seccompProfile: { type: 'RuntimeDefault' } },
      ...(node === undefined ? {} : { affinity: onNode(node) }),
      volumes: [volume],
      initContainers: initContainers.map((one) => ({ ...one, securityContext })),
      containers: [
        {
          name: CONTAINER,
          image,
          imagePullPolicy: pullPolicyOf(image, options.imagePullPolicy),
          command: [POD_PATHS.entrypoint, 'step-init'],
          workingDir: '/',
          volumeMounts: [BIN_MOUNT],
          securityContext,
          resources: { requests: { cpu: '1m', memory: '1Mi' }, limits: { cpu: '100m', memory: '32Mi' } },
        },
      ],
    },
  };
}

/** As a DaemonSet does: the scheduler still looks at taints and room. */
function onNode(name: string): object {
  const term = { matchFields: [{ key: 'metadata.name', operator: 'In', values: [name] }] };
  return { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term] } } };
}

export type PullVerdict =
  | { kind: 'waiting' }
  /** The node has it; its digest where the node has told. */
  | { kind: 'pulled'; imageId: string }
  | { kind: 'failed'; reason: string; message: string };

/** What a container waits for once its image is there, whatever else goes wrong. */
const AFTER_THE_PULL = ['CreateContainerConfigError', 'CreateContainerError', 'RunContainerError'];
const FAILED_PULLS = [
  ...['ErrImagePull', 'ImagePullBackOff', 'InvalidImageName', 'ErrImageNeverPull', 'RegistryUnavailable'],
  ...['ImageInspectError', 'SignatureValidationFailed'],
];

/** What the pod's status says of the image. */
export function pullVerdict({ status }: Pick<Pod, 'status'>): PullVerdict {
  const own = status?.containerStatuses?.find(({ name }) => name === CONTAINER);
  const { running, terminated, waiting } = own?.state ?? {};
  const imageId = own?.imageID ?? '';
  const reason = waiting?.reason ?? '';
  if (running !== undefined || imageId !== '' || AFTER_THE_PULL.includes(reason)) return { kind: 'pulled', imageId };
  if (FAILED_PULLS.includes(reason)) return { kind: 'failed', reason, message: waiting?.message ?? '' };
  if (status?.phase === 'Failed' || terminated !== undefined) {
    const why = status?.reason ?? terminated?.reason ?? 'PodFailed';
    return { kind: 'failed', reason: why, message: status?.message ?? terminated?.message ?? '' };
  }
  return { kind: 'waiting' };
}

/** The part of a node that decides. */
export interface ClusterNode extends KubeObject {
  spec?: { unschedulable?: boolean; taints?: { effect?: string }[] };
  status?: { conditions?: { type: string; status: string }[] };
}

/** Nodes that ordinary pods can be put on, by name, and no more than so many. */
export function pullNodes(nodes: readonly ClusterNode[], most: number): string[] {
  const usable = nodes.filter(({ spec = {}, status = {} }) => {
    const isTainted = (spec.taints ?? []).some(({ effect }) => effect === 'NoSchedule' || effect === 'NoExecute');
    const isReady = (status.conditions ?? []).some((one) => one.type === 'Ready' && one.status === 'True');
    return spec.unschedulable !== true && !isTainted && isReady;
  });
  return usable
    .map(({ metadata }) => metadata.name)
    .sort()
    .slice(0, most);
}

/** Images that are pulled without a registry. */
export function isOwnImage(image: string): boolean {
  return image === ENTRYPOINT_IMAGE || image.startsWith('slipway.dev/');
}
