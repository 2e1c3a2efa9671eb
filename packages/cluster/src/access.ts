// How a service reaches its cluster: as the service account of its pod, or with a kubeconfig.

import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { SlipwayError } from '@slipway/contracts';
import { plainYaml } from '@slipway/yaml';

export interface ClusterAccess {
  /** `https://10.96.0.1:443` */
  server: string;
  /** PEM; absent: the machine's own authorities. */
  ca?: string;
  cert?: string;
  key?: string;
  /** Asked before every request: a pod's token is exchanged while the pod runs. */
  token?: () => Promise<string>;
  /** The same, read once more: authorities and certificates are exchanged while we run. */
  again?: () => Promise<ClusterAccess>;
}

/** The name that every API server's certificate has. */
const SERVER = 'https://kubernetes.default.svc';
const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * @param from `in-cluster`, or the path of a kubeconfig, of which the current context is taken
 *
 * Errors: `invalid` saying what is missing.
 */
export async function loadAccess(from: string): Promise<ClusterAccess> {
  const access = await (from === 'in-cluster' ? inCluster() : kubeconfig(from));
  return { ...access, again: () => loadAccess(from) };
}

async function inCluster(): Promise<ClusterAccess> {
  const ca = await readFile(`${ACCOUNT}/ca.crt`, 'utf8').catch((cause: unknown) => {
    throw new SlipwayError('invalid', 'NoServiceAccount', `${ACCOUNT}/ca.crt cannot be read.`, {
      hint: 'The pod needs a service account whose token is mounted.',
      cause,
    });
  });
  return { server: SERVER, ca, token: async () => (await readFile(`${ACCOUNT}/token`, 'utf8')).trim() };
}

interface Kubeconfig {
  'current-context'?: string;
  contexts?: { name: string; context: { cluster: string; user: string } }[];
  clusters?: { name: string; cluster: Fields }[];
  users?: { name: string; user: Fields }[];
}
type Fields = Record<string, string | undefined>;

async function kubeconfig(path: string): Promise<ClusterAccess> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new SlipwayError('invalid', 'NoKubeconfig', `The kubeconfig ${path} cannot be read.`, { cause });
  });
  const config = plainYaml(text, `The kubeconfig ${path}`) as Kubeconfig | null;
  const context = config?.contexts?.find(({ name }) => name === config['current-context'])?.context;
  const cluster = config?.clusters?.find(({ name }) => name === context?.cluster)?.cluster;
  const user = config?.users?.find(({ name }) => name === context?.user)?.user;
  if (cluster?.['server'] === undefined || user === undefined) {
    throw new SlipwayError('invalid', 'BadKubeconfig', `The kubeconfig ${path} has no current context that is whole.`);
  }
  const pem = async (fields: Fields, name: string): Promise<string | undefined> => {
    const data = fields[`${name}-data`];
    if (data !== undefined) return Buffer.from(data, 'base64').toString();
    const file = fields[name];
    return file === undefined ? undefined : readFile(resolve(dirname(path), file), 'utf8');
  };
  const [ca, cert, key] = await Promise.all([
    pem(cluster, 'certificate-authority'),
    pem(user, 'client-certificate'),
    pem(user, 'client-key'),
  ]);
  const { token } = user;
  return {
    server: cluster['server'],
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined || key === undefined ? {} : { cert, key }),
    ...(token === undefined ? {} : { token: () => Promise.resolve(token) }),
  };
}
