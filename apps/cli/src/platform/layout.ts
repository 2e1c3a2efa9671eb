// Where a platform keeps what, and the environment of each of its services: one table for `run`, `up` and
// `npm run start:services`.

import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { SlipwayError, md5Hex } from '@slipway/contracts';
import { yamlValue } from '../input/yaml-file.js';

export const SERVICES = ['registry', 'scheduler', 'executor', 'resources', 'logs'] as const;
export type ServiceName = (typeof SERVICES)[number];
export type Env = Record<string, string>;

export interface Layout {
  dataDir: string;
  /** The programs that pods see. */
  binDir: string;
  /** Of the API. */
  host: string;
  port: number;
  tls?: { certFile: string; keyFile: string };
  tokensFile: string;
  /** `postgres://…`; a file in the data folder when absent. */
  database?: string;
  /** How long pods outlive their executor. */
  podGraceMs: number;
  runtime?: 'process' | 'kubernetes' | 'faked';
  logLevel: string;
  logFormat: 'json' | 'text';
  /** Of NATS, as each service reaches it. */
  natsUrl: (service: ServiceName) => string;
  /** Health ports by service; 0 lets the kernel choose. */
  healthPorts: Partial<Record<ServiceName, number>>;
  /** Settings of the resources service, from the environment of the platform. */
  resources: Env;
  /** Settings of the executor, likewise. */
  executor: Env;
  /** Settings that registry and scheduler both read. */
  limits: Env;
}

/** The environment of each service; its `config.ts` reads it. */
export function serviceEnvironments(layout: Layout): Record<ServiceName, Env> {
  const { dataDir, tls } = layout;
  const gitMirrorDir = join(dataDir, 'git-mirrors');
  const common = (name: ServiceName): Env => ({
    NATS_URL: layout.natsUrl(name),
    LOG_LEVEL: layout.logLevel,
    LOG_FORMAT: layout.logFormat,
    INSTANCE: `${name}-0`,
    HOST: '127.0.0.1',
    PORT: String(layout.healthPorts[name] ?? 0),
  });
  return {
    registry: {
      ...common('registry'),
      HOST: layout.host,
      PORT: String(layout.port),
      ...(tls === undefined ? {} : { TLS_CERT_FILE: tls.certFile, TLS_KEY_FILE: tls.keyFile }),
      DATABASE: layout.database ?? `sqlite:${join(dataDir, 'registry.db')}`,
      TOKENS_FILE: layout.tokensFile,
      ...layout.limits,
    },
    scheduler: { ...common('scheduler'), ...layout.limits },
    executor: {
      ...common('executor'),
      STATE_DIR: join(dataDir, 'pods'),
      BIN_DIR: layout.binDir,
      IMAGES_FILE: imagesPath(dataDir),
      POD_GRACE_MS: String(layout.podGraceMs),
      ...(layout.runtime === undefined ? {} : { RUNTIME: layout.runtime }),
      INSTALLATION: installationOf(dataDir),
      GIT_MIRROR_DIR: gitMirrorDir,
      ...layout.executor,
    },
    resources: {
      ...common('resources'),
      GIT_MIRROR_DIR: gitMirrorDir,
      ...clusterOf(layout),
      ...layout.resources,
    },
    logs: { ...common('logs'), LOGS_DATA: join(dataDir, 'logs') },
  };
}

/** Writes the executor's list of stand-ins for images, which is the user's. */
export async function writeImages(
  dataDir: string,
  { file, pairs }: { file?: string; pairs: readonly string[] },
): Promise<void> {
  const given = pairs.map((pair) => {
    const equals = pair.indexOf('=');
    if (equals < 1) {
      throw new SlipwayError('invalid', 'BadImage', `--image ${pair} is not NAME=FOLDER.`, {
        hint: 'Such as --image alpine=/srv/alpine-root.',
      });
    }
    const rootfs = resolve(pair.slice(equals + 1));
    if (!existsSync(rootfs)) {
      throw new SlipwayError('invalid', 'BadImage', `--image ${pair}: There is no folder ${rootfs}.`);
    }
    return { image: pair.slice(0, equals), rootfs };
  });
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  await writeFile(imagesPath(dataDir), JSON.stringify([...given, ...(await readImages(file))], undefined, 2));
}

async function readImages(file: string | undefined): Promise<unknown[]> {
  if (file === undefined) return [];
  const path = isAbsolute(file) ? file : resolve(file);
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new SlipwayError('invalid', 'NoImagesFile', `The images file ${file} cannot be read.`, { cause });
  });
  const list = yamlValue(text, { what: `The images file ${file}`, reason: 'BadImagesFile', maxAliasCount: 0 }) ?? [];
  if (Array.isArray(list)) return list as unknown[];
  throw new SlipwayError('invalid', 'BadImagesFile', `The images file ${file} is not a list.`, {
    hint: 'Its entries are {image, rootfs | mounts, path}; docs/operating.md shows one.',
  });
}

/** Where the secrets are that go with pods: the first file, as kubectl's own writes go. */
function clusterOf({ runtime, executor }: Layout): Env {
  const [kubeconfig = ''] = (executor['KUBECONFIG'] ?? '').split(':');
  return runtime === 'kubernetes' && kubeconfig !== '' ? { CLUSTER: kubeconfig } : {};
}

/** Of the platforms that share a cluster each has a data folder of its own. */
function installationOf(dataDir: string): string {
  return `up-${md5Hex(`${hostname()}:${dataDir}`).slice(0, 12)}`;
}

function imagesPath(dataDir: string): string {
  return join(dataDir, 'images.json');
}
