// The file that tells a supervisor what to do: NUL-terminated words, a field's name before its values. It is the other
// side of packages/entrypoint/src/pod/plan.c.

export interface SubPath {
  /** Descriptor that the sandbox's arguments name. */
  fd: number;
  volume: string;
  path: string;
  create: boolean;
}

/** Where a mount comes in a volume that containers write. */
export interface MountPoint {
  volume: string;
  /** What of the volume is mounted; empty: all of it. */
  subPath: string;
  /** Below that. */
  path: string;
}

export interface ContainerPlan {
  name: string;
  kind: 'init' | 'sidecar' | 'main';
  argumentsFile: string;
  logFile: string;
  stateFile: string;
  command: readonly string[];
  subPaths: readonly SubPath[];
  mountPoints: readonly MountPoint[];
  /** Files that the sandbox's arguments name by descriptor. */
  files: readonly { fd: number; path: string }[];
  cgroups: readonly string[];
  cgroupValues: readonly { file: string; value: string }[];
  oomFile: string | undefined;
}

export interface PodPlan {
  sandbox: string;
  changedFile: string;
  holderFifo: string;
  graceMs: number;
  /** 0: none. */
  deadlineMs: number;
  terminationMs: number;
  ownNetwork: boolean;
  containers: readonly ContainerPlan[];
}

const KINDS = { init: '0', sidecar: '1', main: '2' } as const;

/** The plan as bytes of the file. */
export function encodePlan(plan: PodPlan): Buffer {
  return encodeWords([
    ...['sandbox', plan.sandbox, 'changed', plan.changedFile, 'holder', plan.holderFifo],
    ...['grace-ms', String(plan.graceMs), 'deadline-ms', String(plan.deadlineMs)],
    ...['termination-ms', String(plan.terminationMs), 'own-network', plan.ownNetwork ? '1' : '0'],
    ...plan.containers.flatMap(containerWords),
  ]);
}

function containerWords(plan: ContainerPlan): string[] {
  return [
    ...['container', plan.name, KINDS[plan.kind], 'arguments', plan.argumentsFile, 'log', plan.logFile],
    ...['state', plan.stateFile, 'command', String(plan.command.length), ...plan.command],
    ...plan.subPaths.flatMap(({ fd, volume, path, create }) => [
      ...['sub-path', String(fd), volume, path, create ? '1' : '0'],
    ]),
    ...plan.mountPoints.flatMap(({ volume, subPath, path }) => ['mount-point', volume, subPath, path]),
    ...plan.files.flatMap(({ fd, path }) => ['file', String(fd), path]),
    ...plan.cgroups.flatMap((folder) => ['cgroup', folder]),
    ...plan.cgroupValues.flatMap(({ file, value }) => ['cgroup-value', file, value]),
    ...(plan.oomFile === undefined ? [] : ['oom', plan.oomFile]),
  ];
}

/** Words with a NUL behind each; also what `bwrap --args` reads. */
export function encodeWords(words: readonly string[]): Buffer {
  const broken = words.find((word) => word.includes('\0'));
  if (broken !== undefined) throw new TypeError('a word of a plan contains a NUL byte');
  return Buffer.from(words.map((word) => `${word}\0`).join(''), 'utf8');
}
