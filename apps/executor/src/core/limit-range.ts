// What the LimitRanges of a namespace make of a pod, as Tekton does it: steps run one after the other, so the default request
// is shared among them, and each asks for at least the minimum.

import type { Container, LimitRange, LimitRangeItem, Pod } from '@slipway/contracts';
import { quantity } from './quantity.js';
import { isStep } from './step-states.js';

/** The pod whose containers ask for the defaults where they ask for nothing themselves. */
export function withLimitRanges(pod: Pod, ranges: readonly LimitRange[]): Pod {
  const items = ranges.flatMap(({ spec }) => (spec?.limits ?? []).filter(({ type }) => type === 'Container'));
  if (items.length === 0) return pod;
  const limits = limitsOf(items);
  const steps = pod.spec.containers.filter(isStep).length;
  const asking =
    (requests: Record<string, string>) =>
    (container: Container): Container => ({
      ...container,
      resources: {
        ...container.resources,
        requests: { ...requests, ...container.resources?.requests },
        limits: { ...limits, ...container.resources?.limits },
      },
    });
  const { containers, initContainers } = pod.spec;
  return {
    ...pod,
    spec: {
      ...pod.spec,
      containers: containers.map(asking(requestsOf(items, Math.max(steps, 1)))),
      ...(initContainers && { initContainers: initContainers.map(asking(requestsOf(items, 1))) }),
    },
  };
}

/** The default limit of each resource; the smallest where several ranges have one. */
function limitsOf(items: readonly LimitRangeItem[]): Record<string, string> {
  return chosen(items, 'default', (one, other) => one < other);
}

/** The default request, shared among `steps`, but no less than the minimum. */
function requestsOf(items: readonly LimitRangeItem[], steps: number): Record<string, string> {
  const defaults = chosen(items, 'defaultRequest', (one, other) => one < other);
  const least = chosen(items, 'min', (one, other) => one > other);
  return Object.fromEntries(
    [...new Set([...Object.keys(defaults), ...Object.keys(least)])].map((resource) => {
      const [share, min] = [defaults[resource], least[resource]];
      if (share === undefined) return [resource, min!];
      const part = (quantity(share) ?? 0) / steps;
      if (min !== undefined && part < (quantity(min) ?? 0)) return [resource, min];
      return [resource, steps === 1 ? share : written(resource, part)];
    }),
  );
}

function chosen(
  items: readonly LimitRangeItem[],
  field: 'default' | 'defaultRequest' | 'min',
  wins: (one: number, other: number) => boolean,
): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [resource, text] of items.flatMap((item) => Object.entries(item[field] ?? {}))) {
    const before = found[resource];
    if (before === undefined || wins(quantity(text) ?? 0, quantity(before) ?? 0)) found[resource] = text;
  }
  return found;
}

/** Rounded down: what is asked for never grows by being shared. */
function written(resource: string, value: number): string {
  return resource === 'cpu' ? `${Math.floor(value * 1000 + 1e-6)}m` : String(Math.floor(value));
}
