// `slipway environment` (not in the help): makes the certificates, token and kubeconfig of a data folder and prints the
// environment of each service, for `npm run start:services` and the containers, whose services are processes of their own.

import { resolve } from 'node:path';
import type { CliConfig } from '../config.js';
import { EXIT } from '../exit-code.js';
import { ensureCertificates } from '../platform/certificates.js';
import { ensureCredentials, writeKubeconfig } from '../platform/credentials.js';
import { serviceEnvironments, writeImages } from '../platform/layout.js';
import type { Terminal } from '../terminal.js';
import { portOf } from './up.js';

export interface EnvironmentOptions {
  port: string;
  host: string;
  data?: string;
  database?: string;
  images?: string;
  natsUrl: string;
}

const POD_GRACE_MS = 10 * 60_000;

export async function environment(options: EnvironmentOptions, config: CliConfig, terminal: Terminal): Promise<number> {
  const port = portOf(options.port);
  const dataDir = resolve(options.data ?? config.dataDir);
  const { token, tokensFile } = await ensureCredentials(dataDir);
  const { ca, certFile, keyFile } = await ensureCertificates(dataDir, options.host, Date.now());
  await writeImages(dataDir, {
    pairs: [],
    ...(options.images === undefined ? {} : { file: options.images }),
  });
  const host = ['0.0.0.0', '::'].includes(options.host) ? '127.0.0.1' : options.host;
  const server = `https://${host}:${port}`;
  const kubeconfig = await writeKubeconfig(dataDir, { server, token, ca });
  const services = serviceEnvironments({
    dataDir,
    binDir: config.binDir,
    host: options.host,
    port,
    tls: { certFile, keyFile },
    tokensFile,
    ...(options.database === undefined ? {} : { database: options.database }),
    podGraceMs: POD_GRACE_MS,
    logLevel: config.logLevel ?? 'info',
    logFormat: 'json',
    natsUrl: () => options.natsUrl,
    healthPorts: {},
    resources: config.resources,
    executor: config.executor,
    limits: config.limits,
  });
  terminal.out(`${JSON.stringify({ server, kubeconfig, services }, undefined, 2)}\n`);
  return EXIT.succeeded;
}
