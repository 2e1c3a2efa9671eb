// Finds the platform to talk to: --server, --kubeconfig, --data, $KUBECONFIG, then what `slipway up` wrote.

import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { SlipwayError } from '@slipway/contracts';
import type { CliConfig } from '../config.js';
import { yamlValue } from '../input/yaml-file.js';
import type { Access } from './client.js';

export interface Target {
  /** URL of an API server; the credentials still come from a kubeconfig, if one names that server. */
  server?: string;
  kubeconfig?: string;
  namespace?: string;
  data?: string;
  token?: string;
}

interface Named<T> {
  name: string;
  value: T;
}
interface Kubeconfig {
  file: string;
  currentContext?: string;
  contexts: Named<{ cluster?: string; user?: string; namespace?: string }>[];
  clusters: Named<Record<string, unknown>>[];
  users: Named<Record<string, unknown>>[];
}

/** How to reach the platform that the options and the environment name. Throws `invalid` saying what is missing. */
export async function findAccess(target: Target, config: CliConfig): Promise<Access> {
  const written = join(target.data ?? config.dataDir, 'kubeconfig');
  const asked = target.kubeconfig ?? (target.data === undefined || target.server !== undefined ? undefined : written);
  const named =
    target.kubeconfig !== undefined ? [target.kubeconfig] : target.data === undefined ? config.kubeconfigs : [];
  for (const file of [...named, written]) {
    const kubeconfig = await load(file);
    if (kubeconfig === undefined) {
      if (file !== asked) continue;
      throw new SlipwayError('invalid', 'NoKubeconfig', `There is no kubeconfig at ${file}.`);
    }
    const access = await accessOf(kubeconfig, target);
    if (access !== undefined) return access;
  }
  if (target.server !== undefined) return withoutKubeconfig(target.server, target);
  throw new SlipwayError('invalid', 'NoPlatform', 'No platform is named.', {
    hint: 'Start one with `slipway up`, or name one with --server, --kubeconfig or KUBECONFIG.',
  });
}

function withoutKubeconfig(server: string, target: Target): Access {
  const token = target.token === undefined ? {} : { token: target.token };
  return { server: checkedUrl(server), namespace: target.namespace ?? 'default', ...token };
}

/** Undefined when the options name a server and this file does not know it. */
async function accessOf(kubeconfig: Kubeconfig, target: Target): Promise<Access | undefined> {
  const server = target.server === undefined ? undefined : checkedUrl(target.server);
  const clusterOf = (name: string | undefined) => kubeconfig.clusters.find((cluster) => cluster.name === name)?.value;
  const context =
    server === undefined
      ? kubeconfig.contexts.find(({ name }) => name === kubeconfig.currentContext)?.value
      : kubeconfig.contexts.find(
          ({ value }) => baseUrl(stringOf(clusterOf(value.cluster)?.['server']) ?? '') === server,
        )?.value;
  const cluster = clusterOf(context?.cluster);
  if (context === undefined || cluster === undefined) {
    if (server !== undefined) return undefined;
    throw new SlipwayError(
      'invalid',
      'BadKubeconfig',
      `${kubeconfig.file} has no context "${kubeconfig.currentContext ?? ''}".`,
    );
  }
  const user = kubeconfig.users.find(({ name }) => name === context.user)?.value ?? {};
  const ca = await pem(kubeconfig, cluster, 'certificate-authority');
  const cert = await pem(kubeconfig, user, 'client-certificate');
  const key = await pem(kubeconfig, user, 'client-key');
  const token = target.token ?? stringOf(user['token']) ?? (await tokenFile(kubeconfig, user));
  return {
    server: checkedUrl(stringOf(cluster['server']) ?? ''),
    namespace: target.namespace ?? context.namespace ?? 'default',
    ...(token === undefined ? {} : { token }),
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined || key === undefined ? {} : { certificate: { cert, key } }),
    ...(cluster['insecure-skip-tls-verify'] === true ? { insecure: true } : {}),
  };
}

async function load(file: string): Promise<Kubeconfig | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new SlipwayError('invalid', 'BadKubeconfig', `The kubeconfig ${file} cannot be read.`, { cause: error });
  }
  const value = yamlValue(text, { what: `The kubeconfig ${file}`, reason: 'BadKubeconfig' });
  const fields = (value ?? {}) as Record<string, unknown>;
  const current = stringOf(fields['current-context']);
  return {
    file,
    ...(current === undefined ? {} : { currentContext: current }),
    contexts: namedList(fields['contexts'], 'context'),
    clusters: namedList(fields['clusters'], 'cluster'),
    users: namedList(fields['users'], 'user'),
  };
}

function namedList<T>(list: unknown, field: string): Named<T>[] {
  if (!Array.isArray(list)) return [];
  return (list as Record<string, unknown>[]).map((entry) => ({
    name: stringOf(entry['name']) ?? '',
    value: (entry[field] ?? {}) as T,
  }));
}

/** `<field>-data` in base64, or the file that `<field>` names, relative to the kubeconfig. */
async function pem(kubeconfig: Kubeconfig, of: Record<string, unknown>, field: string): Promise<string | undefined> {
  const data = stringOf(of[`${field}-data`]);
  if (data !== undefined) return Buffer.from(data, 'base64').toString('utf8');
  return fileBeside(kubeconfig, stringOf(of[field]));
}

async function tokenFile(kubeconfig: Kubeconfig, user: Record<string, unknown>): Promise<string | undefined> {
  return (await fileBeside(kubeconfig, stringOf(user['tokenFile'])))?.trim();
}

async function fileBeside(kubeconfig: Kubeconfig, path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  const file = resolve(dirname(kubeconfig.file), path);
  return readFile(file, 'utf8').catch((error: unknown) => {
    throw new SlipwayError('invalid', 'BadKubeconfig', `${kubeconfig.file} names ${file}, which cannot be read.`, {
      cause: error,
    });
  });
}

function baseUrl(server: string): string {
  const url = /^https?:\/\//.test(server) ? server : `https://${server}`;
  return url.replace(/\/+$/, '');
}

function checkedUrl(server: string): string {
  const url = baseUrl(server);
  if (URL.canParse(url)) return url;
  throw new SlipwayError('invalid', 'BadServer', `"${server}" is no URL of a server.`, {
    hint: 'Such as https://127.0.0.1:8443.',
  });
}

function stringOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
