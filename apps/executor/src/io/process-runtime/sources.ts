// Reads the secrets, config maps and claims that a pod refers to, all at once.

import type { ConfigMap, Container, Pod, Secret } from '@slipway/contracts';
import type { KubeletObjects } from '../../core/runtime.js';
import { missing, type Sources } from './environment.js';
import type { StateFolder } from './pod-folder.js';
import type { ClaimFolders } from './prepare.js';

export async function readSources(
  pod: Pod,
  objects: KubeletObjects,
  state: StateFolder,
): Promise<{ sources: Sources; claims: ClaimFolders }> {
  const namespace = pod.metadata.namespace ?? 'default';
  const names = referencesOf(pod);
  const [secrets, configMaps, claims] = await Promise.all([
    readAll<Secret>(names.secrets, (name) => objects.secret(namespace, name)),
    readAll<ConfigMap>(names.configMaps, (name) => objects.configMap(namespace, name)),
    readAll(names.claims, (name) => objects.persistentVolumeClaim(namespace, name)),
  ]);
  return {
    sources: { secrets, configMaps },
    claims: (name) => {
      const claim = claims.get(name);
      if (claim === undefined) throw missing('persistentvolumeclaim', name);
      return state.claim(namespace, claim.metadata.uid ?? name);
    },
  };
}

async function readAll<T>(
  names: ReadonlySet<string>,
  read: (name: string) => Promise<T | undefined>,
): Promise<Map<string, T>> {
  const found = await Promise.all([...names].map(async (name) => [name, await read(name)] as const));
  return new Map(found.flatMap(([name, object]) => (object === undefined ? [] : [[name, object] as const])));
}

/** Names of the objects that a pod mounts or has in its environment. */
function referencesOf({ spec }: Pod): Record<'secrets' | 'configMaps' | 'claims', Set<string>> {
  const secrets = new Set<string | undefined>();
  const configMaps = new Set<string | undefined>();
  const claims = new Set<string>();
  for (const volume of spec.volumes ?? []) {
    secrets.add(volume.secret?.secretName);
    configMaps.add(volume.configMap?.name);
    for (const source of volume.projected?.sources ?? []) {
      secrets.add(source.secret?.name);
      configMaps.add(source.configMap?.name);
    }
    if (volume.persistentVolumeClaim !== undefined) claims.add(volume.persistentVolumeClaim.claimName);
  }
  const containers: Container[] = [...(spec.initContainers ?? []), ...spec.containers];
  for (const { env, envFrom } of containers) {
    for (const { valueFrom } of env ?? []) {
      secrets.add(valueFrom?.secretKeyRef?.name);
      configMaps.add(valueFrom?.configMapKeyRef?.name);
    }
    for (const from of envFrom ?? []) {
      secrets.add(from.secretRef?.name);
      configMaps.add(from.configMapRef?.name);
    }
  }
  const named = (names: Set<string | undefined>): Set<string> =>
    new Set([...names].filter((name) => name !== undefined && name !== '') as string[]);
  return { secrets: named(secrets), configMaps: named(configMaps), claims };
}
