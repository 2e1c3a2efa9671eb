// Whom the cluster's API server lets vouch for users, followed in the ConfigMap where it says so.

import { followObject, type ClusterClient } from '@slipway/cluster';
import type { BusLogger } from '@slipway/bus';
import { SlipwayError } from '@slipway/contracts';
import type { FrontProxySettings } from '../../http/front-proxy.js';

const CONFIG_MAP = {
  collection: '/api/v1/namespaces/kube-system/configmaps',
  name: 'extension-apiserver-authentication',
};

export interface FrontProxyTrust {
  /** Undefined: the cluster lets nobody vouch. */
  current(): FrontProxySettings | undefined;
  stop(): void;
}

/** Errors: those of the first read. Afterwards the last state that could be read counts. */
export async function followFrontProxyTrust(
  client: ClusterClient,
  logger: BusLogger,
  onChange: () => void,
): Promise<FrontProxyTrust> {
  const ended = new AbortController();
  let settings: FrontProxySettings | undefined;
  let text: string | undefined;
  await followObject<{ data?: Record<string, string> }>(client, CONFIG_MAP, {
    signal: ended.signal,
    onState: (map) => {
      const next = settingsOf(map?.data ?? {});
      const nextText = JSON.stringify(next);
      if (nextText === text) return;
      [settings, text] = [next, nextText];
      onChange();
    },
    onError: (err) => logger.warn({ err }, 'the front proxy of the cluster could not be followed'),
  });
  return { current: () => settings, stop: () => ended.abort() };
}

/** Undefined when there is no authority. Errors: `invalid` for lists that are none. */
export function settingsOf(data: Readonly<Record<string, string | undefined>>): FrontProxySettings | undefined {
  const clientCa = data['requestheader-client-ca-file'];
  if (clientCa === undefined || clientCa.trim() === '') return undefined;
  return {
    clientCa,
    allowedNames: listOf(data, 'requestheader-allowed-names'),
    usernameHeaders: listOf(data, 'requestheader-username-headers'),
    groupHeaders: listOf(data, 'requestheader-group-headers'),
    extraHeaderPrefixes: listOf(data, 'requestheader-extra-headers-prefix'),
  };
}

function listOf(data: Readonly<Record<string, string | undefined>>, name: string): string[] {
  let list: unknown;
  try {
    list = JSON.parse(data[name] ?? '[]');
  } catch {
    list = undefined;
  }
  if (Array.isArray(list) && list.every((item) => typeof item === 'string')) return list;
  throw new SlipwayError('invalid', 'BadFrontProxySettings', `${CONFIG_MAP.name}: ${name} is no list of texts.`);
}
