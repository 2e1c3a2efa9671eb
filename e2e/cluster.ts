// A platform whose pods run in a real cluster, and a namespace of its own there: for `*.k8s-spec.ts` and benchmarks.

import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { startPlatform, type Platform } from '../conformance/platform.js';

const run = promisify(execFile);

export interface ClusterPlatform {
  namespace: string;
  platform: Platform;
  /** kubectl, asked of the platform or of the cluster; `input` is what `-f -` reads. */
  ofPlatform(args: readonly string[], input?: string): Promise<string>;
  ofCluster(args: readonly string[], input?: string): Promise<string>;
  /** Objects of the namespace in the cluster. */
  listed<T>(resource: string): Promise<T[]>;
  /** Looks until something is found. */
  until<T>(what: string, look: () => Promise<T | undefined>): Promise<T>;
  /** The namespace is gone afterwards. */
  stop(): Promise<void>;
}

const LIMIT_MS = 90_000;
const LOOK_MS = 100;

/** `kubeconfig` says where the cluster is; `env` what the platform is told beside it. */
export async function startClusterPlatform(
  slipway: string,
  kubeconfig: string,
  env: NodeJS.ProcessEnv = {},
): Promise<ClusterPlatform> {
  const namespace = `slipway-e2e-${randomUUID().slice(0, 8)}`;
  const kubectl = async (config: string, args: readonly string[], input = ''): Promise<string> => {
    const running = run('kubectl', ['--kubeconfig', config, ...args], { maxBuffer: 64 << 20 });
    running.child.stdin?.end(input);
    return (await running).stdout;
  };
  const platform = await startPlatform(slipway, ['--runtime', 'kubernetes'], {
    ...process.env,
    ...env,
    KUBECONFIG: kubeconfig,
    IMAGE_PULL_POLICY: 'IfNotPresent',
  });
  const ofPlatform = (args: readonly string[], input?: string): Promise<string> =>
    kubectl(platform.kubeconfig, ['-n', namespace, ...args], input);
  const ofCluster = (args: readonly string[], input?: string): Promise<string> =>
    kubectl(kubeconfig, ['-n', namespace, ...args], input);
  await Promise.all([ofPlatform(['create', 'namespace', namespace]), ofCluster(['create', 'namespace', namespace])]);
  return {
    namespace,
    platform,
    ofPlatform,
    ofCluster,
    async listed<T>(resource: string): Promise<T[]> {
      return (JSON.parse(await ofCluster(['get', resource, '-o', 'json'])) as { items: T[] }).items;
    },
    async until(what, look) {
      const deadlineMs = Date.now() + LIMIT_MS;
      for (;;) {
        const found = await look();
        if (found !== undefined) return found;
        if (Date.now() > deadlineMs) {
          const pods = await ofCluster(['get', 'pods', '-o', 'wide']);
          const runs = await ofPlatform(['get', 'taskruns', '-o', 'yaml']);
          throw new Error(`not in time: ${what}\n${pods}\n${runs}`);
        }
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      }
    },
    async stop() {
      await platform.stop();
      await ofCluster(['delete', 'namespace', namespace, '--wait=false']);
    },
  };
}

/** Pods reach the machine by the node's address, which is one of its own where the cluster runs on it. */
export async function nodeAddress(kubeconfig: string): Promise<string> {
  const { stdout } = await run('kubectl', ['--kubeconfig', kubeconfig, 'get', 'nodes', '-o', 'json']);
  const { items } = JSON.parse(stdout) as { items: { status: { addresses: { type: string; address: string }[] } }[] };
  return items[0]!.status.addresses.find(({ type }) => type === 'InternalIP')!.address;
}
