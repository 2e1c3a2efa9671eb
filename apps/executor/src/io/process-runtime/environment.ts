// A container's environment and command, as a kubelet makes them.

import type { ConfigMap, Container, Pod, Secret } from '@slipway/contracts';
import { ConfigError } from './config-error.js';
import { fieldOf, type NodeFacts, resourceOf } from './downward.js';

/** The objects that the pod's containers refer to, read beforehand. Absent: not there. */
export interface Sources {
  secrets: ReadonlyMap<string, Secret>;
  configMaps: ReadonlyMap<string, ConfigMap>;
}

const SHELL_NAME = /^[-._a-zA-Z][-._a-zA-Z0-9]*$/;

/**
 * The variables that the pod's spec gives a container: `envFrom`, then `env`, a later one over an earlier one of the
 * same name, with `$(NAME)` expanded from those before it. Throws ConfigError for a reference that leads nowhere.
 */
export function environmentOf(pod: Pod, container: Container, sources: Sources, node: NodeFacts): Map<string, string> {
  const environment = new Map<string, string>();
  for (const from of container.envFrom ?? []) {
    for (const [key, value] of entriesFrom(from, pod, sources)) {
      const name = `${from.prefix ?? ''}${key}`;
      if (SHELL_NAME.test(name)) environment.set(name, value);
    }
  }
  for (const { name, value, valueFrom } of container.env ?? []) {
    if (valueFrom === undefined) {
      environment.set(name, expand(value ?? '', environment));
      continue;
    }
    const resolved = valueOf(valueFrom, pod, container, sources, node);
    if (resolved !== undefined) environment.set(name, resolved);
  }
  for (const [name, value] of environment) {
    if (`${name}${value}`.includes('\0')) throw new ConfigError(`environment variable ${name} contains a NUL byte`);
  }
  return environment;
}

type EnvFrom = NonNullable<Container['envFrom']>[number];
type ValueFrom = NonNullable<NonNullable<Container['env']>[number]['valueFrom']>;

function entriesFrom(from: EnvFrom, pod: Pod, sources: Sources): [string, string][] {
  if (from.secretRef !== undefined) {
    const secret = sources.secrets.get(from.secretRef.name);
    if (secret !== undefined) return [...bytesOfSecret(secret)].map(([key, bytes]) => [key, bytes.toString('utf8')]);
    if (from.secretRef.optional !== true) throw missing('secret', from.secretRef.name);
  }
  if (from.configMapRef !== undefined) {
    const configMap = sources.configMaps.get(from.configMapRef.name);
    if (configMap !== undefined) return Object.entries(configMap.data ?? {});
    if (from.configMapRef.optional !== true) throw missing('configmap', from.configMapRef.name);
  }
  return [];
}

function valueOf(
  from: ValueFrom,
  pod: Pod,
  container: Container,
  sources: Sources,
  node: NodeFacts,
): string | undefined {
  const namespace = pod.metadata.namespace ?? 'default';
  if (from.secretKeyRef !== undefined) {
    const { name, key, optional } = from.secretKeyRef;
    const secret = sources.secrets.get(name);
    const value = secret === undefined ? undefined : bytesOfSecret(secret).get(key)?.toString('utf8');
    if (value === undefined && optional !== true) {
      throw secret === undefined
        ? missing('secret', name)
        : new ConfigError(`couldn't find key ${key} in Secret ${namespace}/${name}`);
    }
    return value;
  }
  if (from.configMapKeyRef !== undefined) {
    const { name, key, optional } = from.configMapKeyRef;
    const configMap = sources.configMaps.get(name);
    const value = configMap?.data?.[key];
    if (value === undefined && optional !== true) {
      throw configMap === undefined
        ? missing('configmap', name)
        : new ConfigError(`couldn't find key ${key} in ConfigMap ${namespace}/${name}`);
    }
    return value;
  }
  if (from.fieldRef !== undefined) return fieldOf(pod, from.fieldRef.fieldPath);
  if (from.resourceFieldRef !== undefined) return resourceOf(pod, container, from.resourceFieldRef, node);
  return undefined;
}

/** A secret's values as bytes by key. */
export function bytesOfSecret(secret: Secret): Map<string, Buffer> {
  return new Map([
    ...Object.entries(secret.data ?? {}).map(([key, value]) => [key, Buffer.from(value, 'base64')] as const),
    ...Object.entries(secret.stringData ?? {}).map(([key, value]) => [key, Buffer.from(value, 'utf8')] as const),
  ]);
}

/** A config map's values as bytes by key. */
export function bytesOfConfigMap(configMap: ConfigMap): Map<string, Buffer> {
  return new Map([
    ...Object.entries(configMap.data ?? {}).map(([key, value]) => [key, Buffer.from(value, 'utf8')] as const),
    ...Object.entries(configMap.binaryData ?? {}).map(([key, value]) => [key, Buffer.from(value, 'base64')] as const),
  ]);
}

export function missing(kind: 'secret' | 'configmap' | 'persistentvolumeclaim', name: string): ConfigError {
  return new ConfigError(`${kind} "${name}" not found`);
}

/** `$(NAME)` by its value; `$$(NAME)` is a literal `$(NAME)`; a name that is not there stays as it is written. */
export function expand(text: string, environment: ReadonlyMap<string, string>): string {
  return text.replace(/\$\$|\$\(([^)]*)\)/g, (found: string, name: string | undefined) => {
    if (name === undefined) return '$';
    return environment.get(name) ?? found;
  });
}
