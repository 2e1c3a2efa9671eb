// From a pod to a plan on disk: folders, files, sandbox arguments. Everything is decided here; the supervisor only does.

import { GIT_MIRROR_PATH, type Container, type Pod } from '@slipway/contracts';
import { chmodSync, closeSync, existsSync, lstatSync, mkdirSync, openSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { imageProcess, knownImageProcess } from '../../core/images.js';
import type { StoredImage } from '../image-store/image-store.js';
import { planCgroups, type Cgroups } from './cgroups.js';
import { ConfigError, RefusedError } from './config-error.js';
import type { NodeFacts } from './downward.js';
import { environmentOf, expand, type Sources } from './environment.js';
import { copyRoot, etcTargets, makeWorkingDir, placedMounts } from './image-root.js';
import { etcFiles, hostnameOf } from './etc-files.js';
import { OWN_IMAGES, hasAsh, matchImage, type ImageEntry } from './images.js';
import { containerUser, type User } from './container-user.js';
import { usesOwnNetwork } from './network.js';
import type { PodImages } from './pod-images.js';
import { encodePlan, encodeWords, type ContainerPlan, type MountPoint, type SubPath } from './plan-file.js';
import type { PodFolder, StateFolder } from './pod-folder.js';
import {
  ASH_PATH,
  OWN_ETC_FILES,
  commandLine,
  isProvided,
  sandboxArguments,
  type HostLayout,
  type SandboxMount,
} from './sandbox.js';
import { makeVolume, type MountedVolume } from './volumes.js';

/** What is the same for all pods of a runtime. */
export interface Machine {
  state: StateFolder;
  binDir: string;
  sandbox: string;
  layout: HostLayout;
  resolvConf: string;
  guardedProc: readonly string[];
  images: readonly ImageEntry[];
  cgroups: Cgroups;
  node: NodeFacts;
  asRoot: boolean;
  graceMs: number;
  /** See makeSupportFolder. */
  support: string;
  /** Path of the program for Node.js steps: this process's own. */
  nodePath: string;
  /** Folder of the mirror cache of git sources; steps see its door. */
  gitMirrorDir: string | undefined;
}

const FIRST_FILE_FD = 10;
const FIRST_SUB_PATH_FD = 20;
const ETC_FDS = OWN_ETC_FILES.map((name, i) => ({ name, fd: FIRST_FILE_FD + i }));
const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const DEFAULT_TERMINATION_SECONDS = 30;
const DEFAULT_TERMINATION_PATH = '/dev/termination-log';

/**
 * Writes everything that the pod's supervisor needs; the plan is last, and whole or not there.
 * Throws ConfigError when something that the pod refers to is missing, RefusedError when it can never run here.
 */
export function preparePod(
  pod: Pod,
  folder: PodFolder,
  sources: Sources,
  claims: ClaimFolders,
  machine: Machine,
  images: PodImages,
): void {
  const fsGroup = pod.spec.securityContext?.fsGroup;
  const context = { pod, folder, sources, claimFolder: claims, binDir: machine.binDir, fsGroup };
  const volumes = new Map(
    (pod.spec.volumes ?? []).map((volume) => [volume.name, makeVolume(volume, context)] as const),
  );
  const init = pod.spec.initContainers ?? [];
  const plan = (container: Container): ContainerPlan =>
    prepareContainer(pod, container, { folder, sources, volumes, machine, images });
  const terminationMs = (pod.spec.terminationGracePeriodSeconds ?? DEFAULT_TERMINATION_SECONDS) * 1000;
  const bytes = encodePlan({
    sandbox: machine.sandbox,
    changedFile: join(machine.state.changed(), pod.metadata.uid!),
    holderFifo: machine.state.holder(),
    graceMs: machine.graceMs,
    deadlineMs: (pod.spec.activeDeadlineSeconds ?? 0) * 1000,
    terminationMs,
    ownNetwork: usesOwnNetwork(pod),
    containers: [...init, ...pod.spec.containers].map(plan),
  });
  writeDurably(folder.file('plan'), bytes);
}

/** Copies of the roots that the pod's containers have, where they are not the host's. */
export async function copyRoots(
  pod: Pod,
  folder: PodFolder,
  { images: entries }: Machine,
  images: PodImages,
): Promise<void> {
  for (const { name, image = '' } of [...(pod.spec.initContainers ?? []), ...pod.spec.containers]) {
    const source = matchImage(image, entries)?.rootfs ?? pulledImage(image, images)?.rootfs;
    if (source === undefined) continue;
    if (!existsSync(source)) {
      // Without its path: tenants read this.
      throw new ConfigError(`the folder that the images file of this node names for image "${image}" is not there`);
    }
    mkdirSync(folder.container(name), { recursive: true });
    await copyRoot(source, folder.container(name, 'root'));
  }
}

function pulledImage(image: string, images: PodImages): StoredImage | undefined {
  const found = images.get(image);
  return found?.kind === 'pulled' ? found.image : undefined;
}

/** Folder of a claim by its name. */
export type ClaimFolders = (name: string) => string;

/** Renamed into place, so that it is whole or not there; 0600, for a plan may hold secrets. */
export function writeDurably(path: string, content: string | Buffer): void {
  writeFileSync(`${path}.new`, content, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

interface ContainerParts {
  folder: PodFolder;
  sources: Sources;
  volumes: ReadonlyMap<string, MountedVolume>;
  machine: Machine;
  images: PodImages;
}

function prepareContainer(
  pod: Pod,
  container: Container,
  { folder, sources, volumes, machine, images }: ContainerParts,
): ContainerPlan {
  const pulled = pulledImage(container.image ?? '', images);
  const root = folder.container(container.name, 'root');
  const user = containerUser(pod, container, pulled === undefined ? undefined : { config: pulled.config, root });
  const environment = fullEnvironment(pod, container, { sources, user, machine, pulled });
  const words = processOf(container, pulled).map((word) => expand(word, environment));
  if (words.length === 0) {
    throw new RefusedError(
      'NoCommand',
      `Container "${container.name}" has no command, and the one of image ${container.image ?? ''} is not known here.`,
    );
  }
  const own = folder.container(container.name);
  const etc = folder.container(container.name, 'etc');
  mkdirSync(etc, { recursive: true });
  for (const [name, content] of Object.entries(
    etcFiles(pod, { ...user, home: environment.get('HOME') ?? '' }, machine.resolvConf),
  )) {
    writeFileSync(join(etc, name), content, { mode: 0o644 });
  }
  closeSync(openSync(folder.container(container.name, 'log'), 'a', 0o600));
  const termination = folder.container(container.name, 'termination');
  closeSync(openSync(termination, 'a'));
  chmodSync(termination, 0o666); // whoever the container runs as

  const entry = matchImage(container.image ?? '', machine.images);
  const hasRoot = entry?.rootfs !== undefined || pulled !== undefined;
  const { mounts, subPaths, mountPoints } = mountsOf(container, environment, volumes, termination);
  const cgroups = planCgroups(machine.cgroups, `${pod.metadata.uid}-${container.name}`, container);
  const stoodIn = pulled === undefined ? imageMounts(pod, container.image ?? '', entry, machine) : [];
  const allMounts = [...stoodIn, ...mounts];
  const workingDir = container.workingDir ?? pulled?.config.workingDir ?? '';
  if (pulled !== undefined && workingDir.startsWith('/')) makeWorkingDir(root, expand(workingDir, environment));
  const sandbox = sandboxArguments({
    hostname: hostnameOf(pod),
    root: hasRoot
      ? { kind: 'image', folder: root, etcFolder: etc, etc: etcTargets(root, pulled !== undefined) }
      : { kind: 'host', layout: machine.layout, etcFds: ETC_FDS },
    mounts: hasRoot ? placedMounts(root, allMounts) : allMounts,
    environment,
    user,
    asRoot: machine.asRoot,
    guardedProc: machine.guardedProc,
    readOnlyRoot: container.securityContext?.readOnlyRootFilesystem === true,
    support: machine.support,
  });
  writeDurably(join(own, 'arguments'), encodeWords(sandbox));
  return {
    name: container.name,
    kind: kindOf(pod, container),
    argumentsFile: folder.container(container.name, 'arguments'),
    logFile: folder.container(container.name, 'log'),
    stateFile: folder.container(container.name, 'state'),
    command: commandLine({
      user,
      workingDir: workingDir === '' ? undefined : expand(workingDir, environment),
      needsInit: words[0] !== '/tekton/bin/entrypoint',
      command: words,
    }),
    subPaths,
    mountPoints,
    files: !hasRoot ? ETC_FDS.map(({ name, fd }) => ({ fd, path: join(etc, name) })) : [],
    cgroups: cgroups.folders,
    cgroupValues: cgroups.values,
    oomFile: cgroups.oomFile,
  };
}

/** What the container runs; without a command of its own, what is known of its image. */
function processOf({ image = '', command = [], args = [] }: Container, pulled?: StoredImage): readonly string[] {
  if (command.length > 0) return [...command, ...args];
  if (pulled !== undefined) return imageProcess(pulled.config, args, 'container');
  return knownImageProcess(image, args, 'container') ?? [];
}

function kindOf(pod: Pod, container: Container): ContainerPlan['kind'] {
  if (!(pod.spec.initContainers ?? []).includes(container)) return 'main';
  return container.restartPolicy === 'Always' ? 'sidecar' : 'init';
}

/** What a container engine adds to the pod's own variables, below them. */
function fullEnvironment(
  pod: Pod,
  container: Container,
  {
    sources,
    user,
    machine,
    pulled,
  }: Pick<ContainerParts, 'sources' | 'machine'> & { user: User; pulled: StoredImage | undefined },
): Map<string, string> {
  const own = environmentOf(pod, container, sources, machine.node);
  const base: [string, string][] = [
    ['HOSTNAME', hostnameOf(pod)],
    ['HOME', user.home],
  ];
  if (pulled !== undefined) {
    const ofImage = pulled.config.env.map((entry): [string, string] => splitAt(entry, entry.indexOf('=')));
    return new Map([['PATH', DEFAULT_PATH], ...base, ...ofImage, ...own]);
  }
  const image = container.image ?? '';
  const entry = matchImage(image, machine.images);
  const path = [entry?.path, needsAsh(image, entry, machine) ? ASH_PATH : undefined, DEFAULT_PATH];
  return new Map([['PATH', path.filter((part) => part !== undefined).join(':')], ...base, ...own]);
}

function splitAt(text: string, at: number): [before: string, behind: string] {
  return [text.slice(0, at), text.slice(at + 1)];
}

function imageMounts(pod: Pod, image: string, entry: ImageEntry | undefined, machine: Machine): SandboxMount[] {
  if (OWN_IMAGES.has(image)) {
    return [
      { source: join(machine.binDir, 'ko-app'), target: '/ko-app', readOnly: true },
      { source: machine.nodePath, target: '/ko-app/node', readOnly: true },
    ]
      .filter(
        ({ source, target }) =>
          existsSync(source) && (target === '/ko-app' || existsSync(join(machine.binDir, target))),
      )
      .concat(gitMirrorDoor(pod, machine));
  }
  const mounts = Object.entries(entry?.mounts ?? {}).map(([target, source]) => ({ source, target, readOnly: true }));
  const { ash } = machine.layout;
  if (ash !== undefined && needsAsh(image, entry, machine)) {
    mounts.push({ source: ash.program, target: ash.sh, readOnly: true });
  }
  const path = entry?.path;
  return path === undefined || entry?.rootfs !== undefined || path.startsWith('/usr/')
    ? mounts
    : [...mounts, { source: path, target: path, readOnly: true }];
}

/** To a pod with a network of its own the door would be a way out. */
function gitMirrorDoor(pod: Pod, { gitMirrorDir }: Machine): { source: string; target: string; readOnly: boolean }[] {
  if (gitMirrorDir === undefined || usesOwnNetwork(pod)) return [];
  const source = join(gitMirrorDir, 'door');
  return existsSync(join(source, 'socket')) ? [{ source, target: GIT_MIRROR_PATH, readOnly: true }] : [];
}

function needsAsh(image: string, entry: ImageEntry | undefined, machine: Machine): boolean {
  return machine.layout.ash !== undefined && entry?.rootfs === undefined && hasAsh(image);
}

function mountsOf(
  container: Container,
  environment: ReadonlyMap<string, string>,
  volumes: ReadonlyMap<string, MountedVolume>,
  termination: string,
): { mounts: SandboxMount[]; subPaths: SubPath[]; mountPoints: MountPoint[] } {
  const subPaths: SubPath[] = [];
  const writable: { target: string; volume: string; subPath: string }[] = [];
  const mounts = (container.volumeMounts ?? []).map((mount): SandboxMount => {
    const volume = volumes.get(mount.name);
    if (volume === undefined) throw new ConfigError(`volumeMount "${mount.name}" of "${container.name}" has no volume`);
    const target = cleanTarget(mount.mountPath);
    const readOnly = volume.readOnly || mount.readOnly === true;
    const subPath = mount.subPathExpr === undefined ? mount.subPath : expand(mount.subPathExpr, environment);
    if (volume.writable) writable.push({ target, volume: volume.folder, subPath: subPath ?? '' });
    if (subPath === undefined || subPath === '') return { source: volume.folder, target, readOnly };
    if (subPath.startsWith('/') || subPath.split('/').includes('..')) {
      throw new ConfigError(`subPath "${subPath}" of volume "${mount.name}" leads out of the volume`);
    }
    const fd = FIRST_SUB_PATH_FD + subPaths.length;
    subPaths.push({ fd, volume: volume.folder, path: subPath, create: volume.writable });
    return { source: { fd }, target, readOnly };
  });
  mounts.push({ source: termination, target: terminationTarget(container), readOnly: false });
  const mountPoints = mounts.flatMap((mount) =>
    writable
      .filter(({ target }) => mount.target.startsWith(`${target}/`))
      .map(({ target, ...place }) => ({ ...place, path: mount.target.slice(target.length + 1) })),
  );
  for (const mountPoint of mountPoints) refuseLinksOnTheWay(mountPoint);
  return { mounts, subPaths, mountPoints };
}

/** An absolute path of the container, outside what the runtime itself provides. */
function cleanTarget(path: string): string {
  const clean = normalize(path).replace(/(.)\/+$/, '$1');
  if (!clean.startsWith('/') || clean === '/')
    throw new ConfigError(`mountPath "${path}" is not a path below the root`);
  if (isProvided(clean) && !clean.startsWith('/dev/shm')) {
    throw new RefusedError('MountRefused', `mountPath ${path}: /proc, /sys, /dev and /.slipway are not for volumes.`);
  }
  return clean;
}

/** Where the termination message is: a file of the container's own /dev, or where a volume could be. */
function terminationTarget({ terminationMessagePath = DEFAULT_TERMINATION_PATH }: Container): string {
  const absolute = normalize(`/${terminationMessagePath}`);
  return dirname(absolute) === '/dev' ? absolute : cleanTarget(absolute);
}

/**
 * A mount point inside a volume is made before the container's root is closed; a link that an earlier run left there
 * would be followed out of it. The supervisor looks again when the container starts: those before it may have left one.
 */
function refuseLinksOnTheWay({ volume, subPath, path }: MountPoint): void {
  let at = join(volume, subPath);
  for (const name of path.split('/')) {
    at = join(at, name);
    const found = lstatSync(at, { throwIfNoEntry: false });
    if (found === undefined) break;
    if (found.isSymbolicLink()) throw new ConfigError(`the mount point ${path} is behind a link in its volume`);
  }
}
