// Who may call the API and do what, as the configuration has it: users of a file, or those of a cluster.

import { readFile } from 'node:fs/promises';
import { ClusterClient, loadAccess } from '@slipway/cluster';
import { SlipwayError } from '@slipway/contracts';
import type { Logger, Metrics } from '@slipway/service';
import { parse } from 'yaml';
import type { ClusterAccess, RegistryConfig } from './config.js';
import type { Authenticate } from './http/authentication.js';
import { byRules, type Authorize } from './http/authorization.js';
import { bearerTokens, parseTokenEntries } from './http/bearer-tokens.js';
import type { ServerTls } from './http/client-certificates.js';
import { frontProxyUsers } from './http/front-proxy.js';
import { BESIDE_A_CLUSTER, WHOLE_API, type Served } from './http/served.js';
import { accessReviews } from './io/cluster/access-reviews.js';
import { ClusterNamespaces } from './io/cluster/cluster-namespaces.js';
import { followFrontProxyTrust } from './io/cluster/front-proxy-trust.js';
import { keepServingCertificate } from './io/cluster/serving-certificate.js';
import type { Namespaces } from './io/namespaces.js';

export interface RunningAccess {
  served: Served;
  authenticate: Authenticate;
  authorize: Authorize;
  /** Absent: those of the store. */
  namespaces?: Namespaces;
  /** Of an installed Tekton, whose runs are to be served. */
  tekton?: ClusterClient;
  /** Absent: plain HTTP. */
  tls?: ServerTls;
  /** Certificates and authorities change while the server runs. */
  onTls(use: (tls: ServerTls) => void): void;
  stop(): void;
}

/** Errors: `invalid` for what cannot be read; those of the cluster. */
export async function startAccess(config: RegistryConfig, logger: Logger, metrics: Metrics): Promise<RunningAccess> {
  const { access } = config;
  if (access.kind === 'cluster') return clusterAccess(config, access, logger, metrics);
  const [authenticate, tls] = await Promise.all([readTokens(access.file), readTls(config.tls)]);
  const nothing = (): void => undefined;
  return {
    served: WHOLE_API,
    authenticate,
    authorize: byRules,
    ...(tls === undefined ? {} : { tls }),
    onTls: nothing,
    stop: nothing,
  };
}

async function clusterAccess(
  config: RegistryConfig,
  access: ClusterAccess,
  logger: Logger,
  metrics: Metrics,
): Promise<RunningAccess> {
  const client = new ClusterClient(await loadAccess(access.from));
  let changed = (): void => undefined; // nobody to tell yet
  const trust = await followFrontProxyTrust(client, logger, () => changed());
  const files = await readTls(config.tls);
  const kept =
    files === undefined
      ? await keepServingCertificate(client, certificateOptions(access), logger, () => changed())
      : undefined;
  const tls = (): ServerTls => ({ ...(files ?? kept!.current()), clients: { ca: trust.current()?.clientCa } });
  const durations = metrics.duration('access_review', 'Questions to the cluster who may do what.', ['outcome']);
  return {
    served: BESIDE_A_CLUSTER,
    authenticate: frontProxyUsers(() => trust.current()),
    authorize: accessReviews(client, Date.now, (outcome, ms) => durations.observe({ outcome }, ms / 1000)),
    namespaces: new ClusterNamespaces(client),
    ...(access.besideTekton === true ? { tekton: client } : {}),
    tls: tls(),
    onTls: (use) => {
      changed = () => use(tls());
      changed();
    },
    stop: () => {
      trust.stop();
      kept?.stop();
      client.close();
    },
  };
}

function certificateOptions({
  namespace,
  service,
  certificateSecret,
}: ClusterAccess): Parameters<typeof keepServingCertificate>[1] {
  return {
    namespace,
    secret: certificateSecret,
    names: [service, `${service}.${namespace}`, `${service}.${namespace}.svc`],
    apiServices: [...BESIDE_A_CLUSTER.groups].flatMap(([group, versions]) => versions.map((one) => `${one}.${group}`)),
  };
}

async function readTokens(file: string): Promise<Authenticate> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new SlipwayError('invalid', 'NoTokensFile', `The tokens file "${file}" cannot be read.`, {
      hint: 'TOKENS_FILE names a YAML list of {tokenSha256, user, rules}; docs/operating.md shows one.',
      cause,
    });
  }
  let data: unknown;
  try {
    data = parse(text);
  } catch (cause) {
    throw new SlipwayError('invalid', 'InvalidTokensFile', `${file} is not valid YAML.`, { cause });
  }
  return bearerTokens(parseTokenEntries(data, file));
}

async function readTls(files: RegistryConfig['tls']): Promise<{ cert: Buffer; key: Buffer } | undefined> {
  if (files === undefined) return undefined;
  const [cert, key] = await Promise.all([readFile(files.certFile), readFile(files.keyFile)]);
  return { cert, key };
}
