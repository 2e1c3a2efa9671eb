// ssh looks for keys, hosts and settings in the home of the user database, whatever HOME says. The credentials are in HOME,
// and the user of a cluster's pod often has no other home: so ssh is told where they are.

import { readFileSync, readdirSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';

/** The keys that ssh tries by itself. */
const KEYS = ['id_rsa', 'id_ecdsa', 'id_ecdsa_sk', 'id_ed25519', 'id_ed25519_sk'];

/** For GIT_SSH_COMMAND, which a shell reads. Keys of hosts are taken on first use only where nobody has said which they are. */
export function sshCommand(home: string | undefined): string {
  const folder = join(home ?? '/', '.ssh');
  const names = namesIn(folder);
  const isDecided =
    names.includes('known_hosts') || /^\s*StrictHostKeyChecking\b/im.test(textOf(join(folder, 'config')));
  const elsewhere = home === undefined || home === ownHome() || names.length === 0 ? [] : optionsFor(folder, names);
  return [
    ...['ssh', '-o', 'BatchMode=yes'],
    ...(isDecided ? [] : ['-o', 'StrictHostKeyChecking=accept-new']),
    ...elsewhere.map(quoted),
  ].join(' ');
}

/** Names of the files in a folder; none where there is no such folder. */
export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function optionsFor(folder: string, names: readonly string[]): string[] {
  const file = (name: string): string => `"${join(folder, name).replaceAll('%', '%%')}"`;
  return [
    ...(names.includes('config') ? ['-F', join(folder, 'config')] : []),
    ...['-o', `UserKnownHostsFile=${file('known_hosts')}`],
    ...KEYS.filter((name) => names.includes(name)).flatMap((name) => ['-o', `IdentityFile=${file(name)}`]),
  ];
}

function ownHome(): string | undefined {
  try {
    return userInfo().homedir;
  } catch {
    return undefined; // a user that the database does not know
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
