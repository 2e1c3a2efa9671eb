// Which network a pod is in.

import type { Pod } from '@slipway/contracts';

/** `pod`: only the pod's own loopback. `host`: this machine's. Overrides the rules below. */
export const NETWORK_ANNOTATION = 'slipway.dev/network';

/** Rules, the first that matches wins. */
const RULES: readonly { matches: (pod: Pod) => boolean; own: boolean; because: string }[] = [
  { matches: (pod) => annotation(pod) === 'pod', own: true, because: 'the pod says so' },
  { matches: (pod) => annotation(pod) === 'host', own: false, because: 'the pod says so' },
  { matches: (pod) => pod.spec.hostNetwork === true, own: false, because: 'the pod says so' },
  { matches: listens, own: true, because: 'its ports must not clash with those of other pods' },
  { matches: () => true, own: false, because: 'a step reaches what this machine reaches: git, registries' },
];

/** Whether the pod's containers get a network of their own, with nothing in it but their shared loopback. */
export function usesOwnNetwork(pod: Pod): boolean {
  return RULES.find(({ matches }) => matches(pod))!.own;
}

function annotation(pod: Pod): string | undefined {
  return pod.metadata.annotations?.[NETWORK_ANNOTATION];
}

function listens({ spec }: Pod): boolean {
  return [...(spec.initContainers ?? []), ...spec.containers].some(
    ({ ports, startupProbe, readinessProbe, name }) =>
      (ports?.length ?? 0) > 0 ||
      [startupProbe, readinessProbe].some((probe) => probe?.tcpSocket !== undefined || probe?.httpGet !== undefined) ||
      name.startsWith('sidecar-'),
  );
}
