// A platform of its own for the check: `slipway up` on a free port with a data directory that is removed afterwards.

import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Platform {
  kubeconfig: string;
  dataDir: string;
  /** Process id of `slipway up`. */
  pid: number;
  stop(): Promise<void>;
}

/** @param slipway path of the launcher */
export async function startPlatform(slipway: string, args: readonly string[] = []): Promise<Platform> {
  const dataDir = mkdtempSync(join(tmpdir(), 'slipway-conformance-'));
  const kubeconfig = join(dataDir, 'kubeconfig');
  const child = spawn(slipway, ['up', '--data', dataDir, '--port', String(await freePort()), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  const keep = (bytes: Buffer): void => {
    printed = (printed + bytes.toString()).slice(-4000);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  while (!existsSync(kubeconfig)) {
    if (child.exitCode !== null) throw new Error(`slipway up ended with ${child.exitCode}:\n${printed}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return {
    kubeconfig,
    dataDir,
    pid: child.pid!,
    async stop() {
      child.kill('SIGTERM');
      await ended;
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
