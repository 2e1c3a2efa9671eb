// A real sshd on a free port of this machine, for the user of the test, who gets in with one key.

import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@slipway/service';

export interface SshServer {
  /** `user@127.0.0.1` and the port. */
  address: string;
  port: number;
  /** File of the key that opens it. */
  keyFile: string;
  /** A line of known_hosts. */
  knownHost: string;
  /** Makes another key, which opens nothing. */
  strangeKey(): string;
  close(): Promise<void>;
}

const PROGRAM = '/usr/sbin/sshd';

export const hasSshd = existsSync(PROGRAM);

export async function startSshServer(): Promise<SshServer> {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-sshd-'));
  const makeKey = (name: string): string => {
    const file = join(folder, name);
    const args = ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', file];
    if (spawnSync('ssh-keygen', args).status !== 0) throw new Error('ssh-keygen failed');
    return file;
  };
  const [host, key] = [makeKey('host'), makeKey('key')];
  const port = await freePort();
  writeFileSync(join(folder, 'authorized_keys'), readFileSync(`${key}.pub`));
  const settings = {
    ListenAddress: '127.0.0.1',
    Port: port,
    HostKey: host,
    AuthorizedKeysFile: join(folder, 'authorized_keys'),
    PidFile: 'none',
    StrictModes: 'no',
    UsePAM: 'no',
    PasswordAuthentication: 'no',
    KbdInteractiveAuthentication: 'no',
    PermitRootLogin: 'prohibit-password',
    LogLevel: 'ERROR',
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} ${value}\n`);
  writeFileSync(join(folder, 'sshd_config'), lines.join(''));
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true });
  const child = spawn(PROGRAM, ['-D', '-e', '-f', join(folder, 'sshd_config')], { stdio: 'ignore' });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  await answers(port);
  const [type, text] = readFileSync(`${host}.pub`, 'utf8').split(' ');
  let strangers = 0;
  return {
    address: `${userInfo().username}@127.0.0.1`,
    port,
    keyFile: key,
    knownHost: `[127.0.0.1]:${port} ${type} ${text}\n`,
    strangeKey: () => makeKey(`strange-${++strangers}`),
    async close() {
      child.kill();
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function answers(port: number): Promise<void> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('data', () => resolve(socket.destroy() !== undefined));
      socket.once('error', () => resolve(false));
    });
    if (isOpen) return;
    if (Date.now() > deadline) throw new Error('sshd does not answer');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
