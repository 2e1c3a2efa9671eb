// Who we are to the cluster, and where it is: from a kubeconfig, or from the pod that we run in.

import { Agent, type RequestOptions } from 'node:https';
import { SlipwayError } from '@slipway/contracts';

export interface ClusterAccess {
  /** `https://10.0.0.1:6443`, with whatever path is before `/api`. */
  readonly server: URL;
  /** Certificates, headers and the agent of a request. `renew`: what we had was refused. */
  options(renew?: boolean): Promise<RequestOptions>;
}

/** Tokens of service accounts and files of certificates change while we run; reading them for every request costs more. */
const KEPT_MS = 30_000;

/**
 * Access by the files of `$KUBECONFIG`, or as the service account of the pod that this process is in when there are none.
 *
 * The library is loaded here and nowhere else: it takes time and memory, which other runtimes do without.
 */
export async function kubeconfigAccess(files: readonly string[]): Promise<ClusterAccess> {
  const { KubeConfig } = await import('./kube-config.js');
  let config = firstLoad();
  let kept: { options: RequestOptions; untilMs: number } | undefined;

  /** Later ones tell tenants why a pod waits: those do not name files of this machine. */
  function firstLoad(): InstanceType<typeof KubeConfig> {
    try {
      return load();
    } catch (cause) {
      if (files.length === 0) throw cause;
      const [why] = (cause as Error).message.split('\n', 1);
      const message = `The kubeconfig ${files.join(':')} cannot be read (${why}).`;
      throw new SlipwayError('invalid', 'BadKubeconfig', message, { cause });
    }
  }

  function load(): InstanceType<typeof KubeConfig> {
    const fresh = new KubeConfig();
    const [first, ...others] = files;
    if (first === undefined) fresh.loadFromCluster();
    else fresh.loadFromFile(first);
    for (const file of others) {
      const more = new KubeConfig();
      more.loadFromFile(file);
      fresh.mergeConfig(more, true);
    }
    return fresh;
  }

  return {
    server: serverOf(config.getCurrentCluster()?.server ?? 'http://localhost:8080'),
    async options(renew = false) {
      if (renew) kept = undefined;
      if (kept !== undefined && performance.now() < kept.untilMs) return kept.options;
      if (kept === undefined || renew) config = load(); // its agent is kept by name, also when its certificates are new
      const options: RequestOptions = {};
      await config.applyToHTTPSOptions(options);
      if (options.agent instanceof Agent) Object.assign(options.agent, { keepAlive: true }); // a handshake costs 10 ms
      kept = { options, untilMs: performance.now() + KEPT_MS };
      return options;
    },
  };
}

/** Outside of a cluster the library puts an address together from variables that are not there. */
function serverOf(server: string): URL {
  if (URL.canParse(server)) return new URL(server);
  throw new SlipwayError('invalid', 'NoCluster', 'RUNTIME is kubernetes, and nothing says where the cluster is.', {
    hint: 'Set KUBECONFIG to a file that does, or run the executor in a pod of the cluster with a service account.',
  });
}
