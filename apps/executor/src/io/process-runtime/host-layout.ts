// What of this host a container may see when its image is not at hand: its programs, and what they need of /etc.

import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { HostLayout } from './sandbox.js';

const PROGRAM_FOLDERS = ['/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32'];

/**
 * The parts of /etc that programs look into and that say nothing of this host's people: no shadow, no ssh, no keys.
 * Everything else of the host's /etc does not exist in a container.
 */
const ETC = [
  ...['alternatives', 'ld.so.cache', 'ld.so.conf', 'ld.so.conf.d', 'localtime', 'timezone', 'mime.types', 'magic'],
  ...['ssl/certs', 'ssl/openssl.cnf', 'ca-certificates', 'ca-certificates.conf', 'pki/tls/certs', 'pki/ca-trust'],
  ...['services', 'protocols', 'os-release', 'debian_version', 'perl', 'python3', 'bash.bashrc', 'inputrc', 'terminfo'],
];

/** Stands in for busybox's `ash`: the shell at hand everywhere that knows `[[`, `==` and `echo -e`. */
const BASH = '/usr/bin/bash';

/** Looked at once per runtime. */
export function readHostLayout(): HostLayout {
  const present = PROGRAM_FOLDERS.filter((path) => existsSync(path));
  const isLink = (path: string): boolean => lstatSync(path).isSymbolicLink();
  return {
    links: present.filter(isLink).map((path) => ({ path, target: readlinkSync(path) })),
    readOnly: ['/usr', ...present.filter((path) => !isLink(path))],
    etc: [...new Set(presentEtc().map((name) => name.split('/')[0]!))],
    ...(existsSync(BASH) ? { ash: { program: BASH, sh: realpathSync('/bin/sh') } } : {}),
  };
}

function presentEtc(): string[] {
  return ETC.filter((name) => existsSync(join('/etc', name)));
}

/**
 * The folder that every container sees read-only: the entrypoint program as `init`, and copies of the host's /etc. A
 * new one is made when one of them has changed; containers that run keep theirs.
 */
export function makeSupportFolder(parent: string, entrypoint: string): string {
  const sources = [entrypoint, ...presentEtc().map((name) => join('/etc', name))];
  const versions = sources.map((path) => [path, statSync(path).mtimeMs, statSync(path).size]);
  const folder = join(parent, createHash('sha256').update(JSON.stringify(versions)).digest('hex').slice(0, 16));
  if (existsSync(folder)) return folder;
  const fresh = mkdtempSync(`${folder}.`);
  chmodSync(fresh, 0o755);
  for (const name of presentEtc()) {
    mkdirSync(dirname(join(fresh, name)), { recursive: true, mode: 0o755 });
    cpSync(join('/etc', name), join(fresh, name), { recursive: true, verbatimSymlinks: true });
  }
  mkdirSync(join(fresh, 'ash'), { mode: 0o755 });
  symlinkSync(BASH, join(fresh, 'ash/ash'));
  copyFileSync(entrypoint, join(fresh, 'init'));
  chmodSync(join(fresh, 'init'), 0o755);
  renameSync(fresh, folder);
  return folder;
}

const GUARDED_PROC = ['/proc/sys', '/proc/fs', '/proc/sysrq-trigger', '/proc/acpi', '/proc/scsi', '/proc/mtrr'];

/** See Sandbox.guardedProc; those that this kernel has. */
export function readGuardedProc(): string[] {
  return GUARDED_PROC.filter((path) => existsSync(path));
}

/** Name servers as the host has them. */
export function readResolvConf(): string {
  try {
    return readFileSync('/etc/resolv.conf', 'utf8');
  } catch {
    return '';
  }
}
