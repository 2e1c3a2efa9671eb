// What of this host a container may see when its image is not at hand: its programs, and what they need of /etc.

import { existsSync, lstatSync, readFileSync, readlinkSync } from 'node:fs';
import type { HostLayout } from './sandbox.js';

const PROGRAM_FOLDERS = ['/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32'];

/**
 * The parts of /etc that programs look into and that say nothing of this host's people: no shadow, no ssh, no keys.
 * Everything else of the host's /etc does not exist in a container.
 */
const ETC = [
  ...[
    '/etc/alternatives',
    '/etc/ld.so.cache',
    '/etc/ld.so.conf',
    '/etc/ld.so.conf.d',
    '/etc/localtime',
    '/etc/timezone',
  ],
  ...['/etc/mime.types', '/etc/ssl/certs', '/etc/ssl/openssl.cnf', '/etc/ca-certificates', '/etc/ca-certificates.conf'],
  ...['/etc/pki/tls/certs', '/etc/pki/ca-trust', '/etc/services', '/etc/protocols', '/etc/os-release'],
  ...['/etc/perl', '/etc/python3', '/etc/python3.11', '/etc/java-17-openjdk', '/etc/magic', '/etc/bash.bashrc'],
];

/** Looked at once per runtime; the host's own changes after that show through the mounts. */
export function readHostLayout(): HostLayout {
  const present = PROGRAM_FOLDERS.filter((path) => existsSync(path));
  const isLink = (path: string): boolean => lstatSync(path).isSymbolicLink();
  return {
    links: present.filter(isLink).map((path) => ({ path, target: readlinkSync(path) })),
    readOnly: ['/usr', ...present.filter((path) => !isLink(path)), ...ETC.filter((path) => existsSync(path))],
  };
}

/** Name servers as the host has them. */
export function readResolvConf(): string {
  try {
    return readFileSync('/etc/resolv.conf', 'utf8');
  } catch {
    return '';
  }
}
