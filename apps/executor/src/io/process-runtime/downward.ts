// The downward API: what a pod may learn about itself.

import type { Container, Pod } from '@slipway/contracts';
import { ConfigError } from './config-error.js';
import { quantity } from '../../core/quantity.js';

export interface NodeFacts {
  name: string;
  cpus: number;
  memoryBytes: number;
}

const FIELDS: Readonly<Record<string, (pod: Pod) => string | undefined>> = {
  'metadata.name': (pod) => pod.metadata.name,
  'metadata.namespace': (pod) => pod.metadata.namespace ?? 'default',
  'metadata.uid': (pod) => pod.metadata.uid,
  'metadata.labels': (pod) => mapText(pod.metadata.labels),
  'metadata.annotations': (pod) => mapText(pod.metadata.annotations),
  'spec.nodeName': (pod) => pod.spec.nodeName ?? 'localhost',
  'spec.serviceAccountName': (pod) => pod.spec.serviceAccountName ?? 'default',
  'status.podIP': () => '127.0.0.1',
  'status.podIPs': () => '127.0.0.1',
  'status.hostIP': () => '127.0.0.1',
  'status.hostIPs': () => '127.0.0.1',
};

/** The value of a field path; an absent label or annotation is empty. Throws ConfigError for a path that nobody knows. */
export function fieldOf(pod: Pod, path: string): string {
  const member = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(path);
  if (member !== null) return pod.metadata[member[1] as 'labels' | 'annotations']?.[member[2]!] ?? '';
  const field = Object.hasOwn(FIELDS, path) ? FIELDS[path] : undefined;
  if (field === undefined) throw new ConfigError(`unsupported fieldPath: ${path}`);
  return field(pod) ?? '';
}

/** `key="value"` lines in order of the keys, as a kubelet writes a whole map. */
function mapText(map: Readonly<Record<string, string>> | undefined): string {
  return Object.entries(map ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join('\n');
}

/** A container's request or limit, or what the machine has when there is none; rounded up in units of the divisor. */
export function resourceOf(
  pod: Pod,
  own: Container,
  ref: { containerName?: string; resource: string; divisor?: string },
  node: NodeFacts,
): string {
  const all = [...(pod.spec.initContainers ?? []), ...pod.spec.containers];
  const container = ref.containerName ? all.find(({ name }) => name === ref.containerName) : own;
  const [kind, name] = ref.resource.split('.', 2);
  if (container === undefined || (kind !== 'limits' && kind !== 'requests') || name === undefined) {
    throw new ConfigError(`unsupported resourceFieldRef: ${ref.resource}`);
  }
  const given = container.resources?.[kind]?.[name];
  const value = given === undefined ? fallback(kind, name, node) : quantity(given);
  const divisor = quantity(ref.divisor === undefined || ref.divisor === '0' ? '1' : ref.divisor);
  if (value === undefined || !divisor) throw new ConfigError(`unsupported resourceFieldRef: ${ref.resource}`);
  return String(Math.ceil(Number((value / divisor).toPrecision(12))));
}

function fallback(kind: 'limits' | 'requests', name: string, node: NodeFacts): number | undefined {
  if (kind === 'requests') return 0;
  return name === 'cpu' ? node.cpus : name === 'memory' ? node.memoryBytes : 0;
}
