// Limits for containers through cgroups, version 1 or 2, where this machine lets us write them.

import type { Container } from '@slipway/contracts';
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { quantity } from '../../core/quantity.js';

/** The folders that containers' groups are made below. */
export type Cgroups =
  | { version: 2; folder: string }
  | { version: 1; memory: string | undefined; cpu: string | undefined; pids: string | undefined }
  | { version: 0 };

export interface CgroupPlan {
  folders: string[];
  values: { file: string; value: string }[];
  oomFile: string | undefined;
}

/** Processes of a pod: a fork bomb ends here. Kubernetes' nodes have the same kind of bound. */
const PIDS_LIMIT = 4096;
const CPU_PERIOD_US = 100_000;

/** What this machine offers: looked at once. */
export function findCgroups(): Cgroups {
  const own = new Map(
    read('/proc/self/cgroup')
      .split('\n')
      .map((line) => line.split(':'))
      .map(([, controllers = '', ...path]) => [controllers, path.join(':')] as const),
  );
  const root = '/sys/fs/cgroup';
  if (existsSync(`${root}/cgroup.controllers`)) {
    // Only the root may have processes and groups with limits at once; elsewhere a delegated group is needed.
    const folder = [`${root}`, join(root, own.get('') ?? '/')].find(
      (path) => isWritable(path) && read(`${path}/cgroup.subtree_control`).includes('pids'),
    );
    return folder === undefined ? { version: 0 } : { version: 2, folder: join(folder, 'slipway') };
  }
  const find = (controller: string): string | undefined => {
    const [names, path] = [...own].find(([names]) => names.split(',').includes(controller)) ?? [];
    if (names === undefined || path === undefined) return undefined;
    return [join(root, controller, path), join(root, names, path)].find(isWritable);
  };
  const below = (path: string | undefined): string | undefined =>
    path === undefined ? undefined : join(path, 'slipway');
  return { version: 1, memory: below(find('memory')), cpu: below(find('cpu')), pids: below(find('pids')) };
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Where the groups of pods are made, and what bounds each; undefined where that cannot be. */
export function podGroups(cgroups: Cgroups): { folder: string; values: Record<string, string> } | undefined {
  const folder = cgroups.version === 2 ? cgroups.folder : cgroups.version === 1 ? cgroups.pids : undefined;
  return folder === undefined ? undefined : { folder, values: { 'pids.max': String(PIDS_LIMIT) } };
}

/**
 * The groups of one container, when it has limits of its own. `name` is unique on this machine. Joining one costs 10 ms
 * and more, so those without limits stay in their pod's.
 */
export function planCgroups(cgroups: Cgroups, name: string, container: Container): CgroupPlan {
  const memory = quantity(container.resources?.limits?.['memory'] ?? '');
  const cpus = quantity(container.resources?.limits?.['cpu'] ?? '');
  const quotaUs = cpus === undefined ? undefined : Math.max(1000, Math.round(cpus * CPU_PERIOD_US));
  if (cgroups.version === 2) return planVersion2(join(cgroups.folder, name), memory, quotaUs);
  const plan: CgroupPlan = { folders: [], values: [], oomFile: undefined };
  if (cgroups.version === 0) return plan;
  const add = (parent: string | undefined, values: Record<string, number>): void => {
    if (parent === undefined) return;
    const folder = join(parent, name);
    plan.folders.push(folder);
    plan.values.push(
      ...Object.entries(values).map(([file, value]) => ({ file: join(folder, file), value: `${value}` })),
    );
  };
  if (memory !== undefined && memory > 0) {
    add(cgroups.memory, { 'memory.limit_in_bytes': memory, 'memory.memsw.limit_in_bytes': memory });
    if (cgroups.memory !== undefined) plan.oomFile = join(cgroups.memory, name, 'memory.oom_control');
  }
  if (quotaUs !== undefined) add(cgroups.cpu, { 'cpu.cfs_period_us': CPU_PERIOD_US, 'cpu.cfs_quota_us': quotaUs });
  return plan;
}

function planVersion2(folder: string, memory: number | undefined, quotaUs: number | undefined): CgroupPlan {
  if (memory === undefined && quotaUs === undefined) return { folders: [], values: [], oomFile: undefined };
  const value = (file: string, text: string): { file: string; value: string } => ({
    file: join(folder, file),
    value: text,
  });
  return {
    folders: [folder],
    values: [
      value('pids.max', String(PIDS_LIMIT)),
      ...(memory === undefined || memory <= 0
        ? []
        : [value('memory.max', String(memory)), value('memory.swap.max', '0')]),
      ...(quotaUs === undefined ? [] : [value('cpu.max', `${quotaUs} ${CPU_PERIOD_US}`)]),
    ],
    oomFile: memory === undefined ? undefined : join(folder, 'memory.events'),
  };
}
