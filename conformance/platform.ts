// A platform of its own for a check or a measurement: `slipway up` on a port that the kernel chose, with a data directory that goes with it.

import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Platform {
  kubeconfig: string;
  dataDir: string;
  /** Process id of `slipway up`. */
  pid: number;
  /** Ends it as Ctrl-C does and starts it again over the same data, on the same port. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** @param slipway path of the launcher; `env` its variables, this process's own by default */
export async function startPlatform(
  slipway: string,
  args: readonly string[] = [],
  env?: NodeJS.ProcessEnv,
): Promise<Platform> {
  const dataDir = mkdtempSync(join(tmpdir(), 'slipway-platform-'));
  const kubeconfig = join(dataDir, 'kubeconfig');
  const launch = (port: string): Promise<ChildProcess> =>
    start(slipway, ['up', '--data', dataDir, '--port', port, ...args], kubeconfig, env);
  let child = await launch('0').catch((thrown: unknown) => {
    rmSync(dataDir, { recursive: true, force: true });
    throw thrown;
  });
  const port = portOf(kubeconfig);
  return {
    kubeconfig,
    dataDir,
    get pid() {
      return child.pid!;
    },
    async restart() {
      await end(child);
      child = await launch(port);
    },
    async stop() {
      await end(child);
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** Resolves when the platform says that it can be used: `up` writes the kubeconfig, then prints how to use it. */
async function start(
  slipway: string,
  command: readonly string[],
  kubeconfig: string,
  env: NodeJS.ProcessEnv | undefined,
): Promise<ChildProcess> {
  // A group of its own, so that Ctrl-C reaches us alone: pods are ended before their platform is.
  const child = spawn(slipway, command, { stdio: ['ignore', 'pipe', 'pipe'], env, detached: true });
  const endWithUs = (): void => void child.kill('SIGTERM');
  process.once('exit', endWithUs);
  child.once('exit', () => process.off('exit', endWithUs));
  let printed = '';
  const keep = (bytes: Buffer): void => {
    printed = (printed + bytes.toString()).slice(-4000);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  while (!existsSync(kubeconfig) || !printed.includes('export KUBECONFIG=')) {
    if (child.exitCode !== null) throw new Error(`slipway up ended with ${child.exitCode}:\n${printed}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return child;
}

/** `up` writes a kubeconfig as JSON. */
function portOf(kubeconfig: string): string {
  const { clusters } = JSON.parse(readFileSync(kubeconfig, 'utf8')) as { clusters: [{ cluster: { server: string } }] };
  return new URL(clusters[0].cluster.server).port;
}

async function end(child: ChildProcess): Promise<void> {
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await ended;
}
