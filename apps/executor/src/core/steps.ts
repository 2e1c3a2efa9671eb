// Steps as they will run: the template merged in, the run's resource requests applied.

import type {
  EnvVar,
  ResourceRequirements,
  Sidecar,
  Step,
  StepTemplate,
  TaskRunSpec,
  VolumeMount,
} from '@slipway/contracts';

/** Lists that merge item by item, and the field that says which item is which; every other list is replaced whole. */
const MERGE_KEYS: Readonly<Record<string, string>> = { env: 'name', volumeMounts: 'mountPath', ports: 'containerPort' };

/**
 * Every step with the template below it: what the step says wins.
 *
 * Shape  the step's items come first in merged lists, as a strategic merge patch orders them.
 */
export function mergeTemplate(steps: readonly Step[], template: StepTemplate | undefined): Step[] {
  if (template === undefined) return [...steps];
  return steps.map((step) => mergeRecords(template as Record<string, unknown>, { ...step }) as unknown as Step);
}

/** The run's `stepSpecs` over the steps' own resources. */
export function applyStepSpecs(steps: readonly Step[], specs: TaskRunSpec['stepSpecs']): Step[] {
  return steps.map((step) => withResources(step, specs?.find(({ name }) => name === step.name)?.computeResources));
}

/** The run's `sidecarSpecs` over the sidecars' own resources. */
export function applySidecarSpecs(sidecars: readonly Sidecar[], specs: TaskRunSpec['sidecarSpecs']): Sidecar[] {
  return sidecars.map((sidecar) =>
    withResources(sidecar, specs?.find(({ name }) => name === sidecar.name)?.computeResources),
  );
}

/**
 * Resources for the task as a whole: requests are shared out, because all steps' containers exist at once and a
 * scheduler adds their requests up; limits hold for each, because only one step works at a time.
 */
export function applyTaskResources(steps: readonly Step[], whole: ResourceRequirements | undefined): Step[] {
  if (whole === undefined || (whole.requests === undefined && whole.limits === undefined)) return [...steps];
  const requests = whole.requests ?? whole.limits ?? {};
  const share = Object.fromEntries(
    Object.entries(requests).map(([name, quantity]) => [name, dividedQuantity(quantity, steps.length)]),
  );
  return steps.map((step) => ({
    ...step,
    computeResources: { requests: share, ...(whole.limits === undefined ? {} : { limits: whole.limits }) },
  }));
}

/** A Kubernetes quantity divided by `parts`, rounded down in thousandths or whole bytes. */
export function dividedQuantity(quantity: string, parts: number): string {
  const match = /^(\d+(?:\.\d+)?)(m|k|Ki|M|Mi|G|Gi|T|Ti)?$/.exec(quantity);
  if (match === null || parts <= 1) return quantity;
  const [, amount, unit] = match;
  const value = Number(amount) / parts;
  if (unit === undefined) return value >= 1000 ? String(Math.floor(value)) : `${Math.floor(value * 1000)}m`;
  if (unit === 'm' || Number.isInteger(value)) return `${Math.floor(value)}${unit}`;
  const smaller: Record<string, [string, number]> = {
    Ki: ['', 1024],
    Mi: ['Ki', 1024],
    Gi: ['Mi', 1024],
    Ti: ['Gi', 1024],
    k: ['', 1000],
    M: ['k', 1000],
    G: ['M', 1000],
    T: ['G', 1000],
  };
  const [below, factor] = smaller[unit] ?? ['', 1];
  return `${Math.floor(value * factor)}${below}`;
}

/** Env and mounts of `added` where `own` has none of that name or path. */
export function missingEnv(own: readonly EnvVar[], added: readonly EnvVar[]): EnvVar[] {
  return added.filter(({ name }) => !own.some((variable) => variable.name === name));
}
export function missingMounts(own: readonly VolumeMount[], added: readonly VolumeMount[]): VolumeMount[] {
  return added.filter((mount) => !own.some(({ mountPath }) => cleanPath(mountPath) === cleanPath(mount.mountPath)));
}

/** Go's path.Clean of an absolute path. */
function cleanPath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

function withResources<U extends { computeResources?: ResourceRequirements }>(
  user: U,
  over: ResourceRequirements | undefined,
): U {
  if (over === undefined) return user;
  return { ...user, computeResources: mergeRecords({ ...user.computeResources }, { ...over }) };
}

function mergeRecords(below: Record<string, unknown>, above: Record<string, unknown>): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...below };
  for (const [key, value] of Object.entries(above)) {
    if (value === undefined) continue;
    merged[key] = key in below ? mergeValues(key, below[key], value) : value;
  }
  return merged;
}

function mergeValues(key: string, below: unknown, above: unknown): unknown {
  if (Array.isArray(above) && Array.isArray(below)) {
    const mergeKey = MERGE_KEYS[key];
    if (mergeKey === undefined) return above.length > 0 ? above : below;
    const items = above as Record<string, unknown>[];
    const keys = new Set(items.map((item) => item[mergeKey]));
    return [...items, ...(below as Record<string, unknown>[]).filter((item) => !keys.has(item[mergeKey]))];
  }
  if (isRecord(above) && isRecord(below)) return mergeRecords(below, above);
  return above === '' ? below : above;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
