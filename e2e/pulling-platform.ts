// A platform that pulls images, and a registry of this machine that it may pull from.

import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { startDockerRegistry, type DockerRegistry } from '@slipway/testing';
import { startPlatform } from '../conformance/platform.js';

const run = promisify(execFile);

export interface PullingPlatform {
  registry: DockerRegistry;
  /** What kubectl prints; `input` is what `-f -` reads. */
  kubectl: (args: readonly string[], input?: string) => Promise<string>;
  stop(): Promise<void>;
}

/** @param pull as `IMAGE_PULL`; `user`: whom alone the registry lets in */
export async function startPullingPlatform(
  pull: 'prefer' | 'require',
  user?: { user: string; password: string },
): Promise<PullingPlatform> {
  const registry = await startDockerRegistry(user);
  const platform = await startPlatform(resolve(import.meta.dirname, '../slipway'), [], {
    ...process.env,
    IMAGE_PULL: pull,
    ALLOWED_NETWORKS: '127.0.0.1',
  }).catch(async (error: unknown) => {
    await registry.close();
    throw error;
  });
  return {
    registry,
    async kubectl(args, input = '') {
      const running = run('kubectl', ['--kubeconfig', platform.kubeconfig, ...args]);
      running.child.stdin?.end(input);
      return (await running).stdout;
    },
    async stop() {
      await platform.stop();
      await registry.close();
    },
  };
}
