// The cluster that pods run in: where it is, what it is given before, and how pods reach this machine.

import { connect } from 'node:net';
import { clusterEnvironment } from '../../scripts/e2e-kubernetes.mjs';
import { Kubectl } from '../kubectl.js';

export interface Cluster {
  kubectl: Kubectl;
  /** Variables for `slipway up --runtime kubernetes`. */
  env: NodeJS.ProcessEnv;
  /** Of this machine, as pods see it. */
  address: string;
}

/** @param root of the checkout; `address`: asked of the way to the API server when absent */
export async function findCluster(root: string, address?: string): Promise<Cluster> {
  const found = await clusterEnvironment(root);
  const kubeconfig = found['E2E_KUBECONFIG']!;
  const kubectl = new Kubectl(kubeconfig);
  return {
    kubectl,
    env: { ...found, KUBECONFIG: kubeconfig, IMAGE_PULL_POLICY: 'IfNotPresent' },
    address: address ?? (await addressTowards(await serverOf(kubectl))),
  };
}

async function serverOf(kubectl: Kubectl): Promise<URL> {
  const view = await kubectl.json<{ clusters: { cluster: { server: string } }[] }>(['config', 'view', '--minify']);
  return new URL(view.clusters[0]!.cluster.server);
}

/** From which of its addresses this machine speaks to the server. */
function addressTowards({ hostname, port }: URL): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port || 443), hostname, () => {
      resolve(socket.localAddress!);
      socket.destroy();
    });
    socket.once('error', reject);
  });
}
