// A pod's volumes as folders.

import type { DownwardItem, KeyToPath, Pod, Volume } from '@slipway/contracts';
import { chmodSync, chownSync, lstatSync, mkdirSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, normalize, sep } from 'node:path';
import { ConfigError, RefusedError } from './config-error.js';
import { fieldOf } from './downward.js';
import { bytesOfConfigMap, bytesOfSecret, missing, type Sources } from './environment.js';
import type { PodFolder } from './pod-folder.js';

export interface MountedVolume {
  folder: string;
  /** Always mounted read-only, whatever the mount says. */
  readOnly: boolean;
  /** Whether missing sub-paths may be made in it. */
  writable: boolean;
}

export interface VolumeContext {
  pod: Pod;
  folder: PodFolder;
  sources: Sources;
  /** Folder of a claim by its name. Throws ConfigError when there is no such claim. */
  claimFolder: (name: string) => string;
  /** The only part of the host that hostPath volumes may show. */
  binDir: string;
  /** Group that owns what the pod may write, and may write it. */
  fsGroup: number | undefined;
}

const DEFAULT_MODE = 0o644;
/** Of what is writable: any user of the pod may write, and the folder's group stays with what is made below. */
const OPEN_MODE = 0o777;

/** Makes the volume's folder. Doing it again replaces what comes from objects and keeps what containers wrote. */
export function makeVolume(volume: Volume, context: VolumeContext): MountedVolume {
  const folder = context.folder.volume(volume.name);
  if (volume.persistentVolumeClaim !== undefined) {
    const claim = openFolder(context.claimFolder(volume.persistentVolumeClaim.claimName), context.fsGroup);
    return { folder: claim, readOnly: volume.persistentVolumeClaim.readOnly === true, writable: true };
  }
  if (volume.hostPath !== undefined) {
    return { folder: belowBinDir(volume.hostPath.path, context.binDir), readOnly: true, writable: false };
  }
  if (volume.csi !== undefined) {
    throw new RefusedError(
      'UnsupportedVolume',
      `Volume "${volume.name}": CSI driver ${volume.csi.driver} needs a cluster; the process runtime has none.`,
    );
  }
  const files = filesOf(volume, context);
  if (files !== undefined) {
    mkdirSync(folder, { recursive: true, mode: 0o755 });
    writeFiles(folder, files, context.fsGroup);
    return { folder, readOnly: true, writable: false };
  }
  if (volume.emptyDir !== undefined || Object.keys(volume).length === 1) {
    return { folder: openFolder(folder, context.fsGroup), readOnly: false, writable: true };
  }
  const kinds = Object.keys(volume).filter((key) => key !== 'name');
  throw new RefusedError('UnsupportedVolume', `Volume "${volume.name}": ${kinds.join(', ')} is not supported here.`);
}

function openFolder(folder: string, fsGroup: number | undefined): string {
  mkdirSync(folder, { recursive: true });
  if (lstatSync(folder).isSymbolicLink()) throw new ConfigError(`volume folder ${folder} is a link`);
  if (fsGroup !== undefined && process.getuid?.() === 0) chownSync(folder, -1, fsGroup);
  chmodSync(folder, fsGroup === undefined ? OPEN_MODE : 0o2777);
  return folder;
}

function belowBinDir(path: string, binDir: string): string {
  const allowed = realpathSync(binDir);
  let real: string;
  try {
    real = realpathSync(path);
  } catch {
    throw new ConfigError(`hostPath ${path} does not exist`);
  }
  if (real === allowed || real.startsWith(`${allowed}${sep}`)) return real;
  throw new RefusedError('HostPathRefused', `hostPath ${path}: pods see nothing of this machine but ${binDir}.`);
}

interface VolumeFile {
  path: string;
  mode: number;
  content: Buffer;
}

/** The files of a volume that is made of objects; undefined for the other kinds. */
function filesOf(volume: Volume, context: VolumeContext): VolumeFile[] | undefined {
  const { secret, configMap, downwardAPI, projected } = volume;
  if (secret !== undefined) return secretFiles({ ...secret, name: secret.secretName }, secret.defaultMode, context);
  if (configMap !== undefined) return configMapFiles(configMap, configMap.defaultMode, context);
  if (downwardAPI !== undefined) return downwardFiles(downwardAPI.items, downwardAPI.defaultMode, context.pod);
  return projected?.sources?.flatMap((source) => {
    if (source.serviceAccountToken !== undefined) {
      throw new RefusedError('UnsupportedVolume', `Volume "${volume.name}": there are no service account tokens here.`);
    }
    return [
      ...(source.secret === undefined ? [] : secretFiles(source.secret, projected.defaultMode, context)),
      ...(source.configMap === undefined ? [] : configMapFiles(source.configMap, projected.defaultMode, context)),
      ...(source.downwardAPI === undefined
        ? []
        : downwardFiles(source.downwardAPI.items, projected.defaultMode, context.pod)),
    ];
  });
}

interface ObjectSource {
  name?: string | undefined;
  items?: KeyToPath[];
  optional?: boolean;
}

function secretFiles(source: ObjectSource, mode: number | undefined, { sources }: VolumeContext): VolumeFile[] {
  const secret = sources.secrets.get(source.name ?? '');
  if (secret === undefined && source.optional !== true) throw missing('secret', source.name ?? '');
  return keyFiles(secret === undefined ? new Map<string, Buffer>() : bytesOfSecret(secret), source, mode);
}

function configMapFiles(source: ObjectSource, mode: number | undefined, { sources }: VolumeContext): VolumeFile[] {
  const configMap = sources.configMaps.get(source.name ?? '');
  if (configMap === undefined && source.optional !== true) throw missing('configmap', source.name ?? '');
  return keyFiles(configMap === undefined ? new Map<string, Buffer>() : bytesOfConfigMap(configMap), source, mode);
}

function keyFiles(values: Map<string, Buffer>, source: ObjectSource, mode = DEFAULT_MODE): VolumeFile[] {
  if (source.items === undefined) return [...values].map(([path, content]) => ({ path, mode, content }));
  return source.items.flatMap((item) => {
    const content = values.get(item.key);
    if (content !== undefined) return [{ path: item.path, mode: item.mode ?? mode, content }];
    if (source.optional === true) return [];
    throw new ConfigError(`references non-existent key: ${item.key} of "${source.name}"`);
  });
}

function downwardFiles(items: DownwardItem[] | undefined, mode = DEFAULT_MODE, pod: Pod): VolumeFile[] {
  return (items ?? []).map((item) => ({
    path: item.path,
    mode: item.mode ?? mode,
    content: Buffer.from(item.fieldRef === undefined ? '' : fieldOf(pod, item.fieldRef.fieldPath), 'utf8'),
  }));
}

/** Each file is renamed into place: whoever waits for it never reads half of it. */
function writeFiles(folder: string, files: readonly VolumeFile[], fsGroup: number | undefined): void {
  for (const { path, mode, content } of files) {
    const target = join(folder, insideOnly(path));
    const fresh = `${folder}/..new`;
    mkdirSync(dirname(target), { recursive: true, mode: 0o755 });
    rmSync(fresh, { force: true });
    writeFileSync(fresh, content, { mode: 0o600 });
    if (fsGroup !== undefined && process.getuid?.() === 0) chownSync(fresh, -1, fsGroup);
    chmodSync(fresh, fsGroup === undefined ? mode : mode | 0o440);
    renameSync(fresh, target);
  }
}

/** A relative path without a way up. Throws ConfigError for any other. */
function insideOnly(path: string): string {
  const clean = normalize(path);
  if (path === '' || clean.startsWith('/') || clean === '.' || clean.split('/')[0]!.startsWith('..')) {
    throw new ConfigError(`path "${path}" of a volume's item leads out of the volume`);
  }
  return clean;
}

/** Writes again the files that come from the pod's own fields, after its annotations have changed. */
export function rewriteDownward(pod: Pod, folder: PodFolder, fsGroup: number | undefined): void {
  for (const volume of pod.spec.volumes ?? []) {
    const items =
      volume.downwardAPI?.items ??
      volume.projected?.sources?.flatMap((source) => source.downwardAPI?.items ?? []) ??
      [];
    if (items.length === 0) continue;
    const mode = volume.downwardAPI?.defaultMode ?? volume.projected?.defaultMode;
    writeFiles(folder.volume(volume.name), downwardFiles(items, mode, pod), fsGroup);
  }
}
