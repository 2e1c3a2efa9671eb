// What pods of users may reach: everything but the address at which clouds tell a node's credentials.
//
// Policies add up: whoever may write those of a namespace may allow its pods that too, or forbid them more by denying others.

import type { KubeObject } from '@slipway/contracts';
import { CLUSTER_LABELS } from './cluster-pod.js';

const METADATA_V4 = '169.254.169.254/32';
const METADATA_V6 = 'fd00:ec2::254/128';

/** The policy of a namespace for the pods of an installation. */
export function podNetworkPolicy(namespace: string, installation: string): KubeObject & { spec: object } {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: `slipway-pods-of-${installation}`, namespace },
    spec: {
      podSelector: { matchLabels: { [CLUSTER_LABELS.installation]: installation } },
      policyTypes: ['Egress'],
      egress: [
        {
          to: [
            { namespaceSelector: {} }, // networks where a block of addresses does not mean pods
            { ipBlock: { cidr: '0.0.0.0/0', except: [METADATA_V4] } },
            { ipBlock: { cidr: '::/0', except: [METADATA_V6] } },
          ],
        },
      ],
    },
  };
}
