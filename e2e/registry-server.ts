// A real registry with a password, and an image in it.

import { existsSync } from 'node:fs';
import { hasDockerRegistry, startDockerRegistry } from '@slipway/testing';

export interface RegistryServer {
  /** `127.0.0.1:<port>` */
  host: string;
  /** `<host>/team/image:1`, which only the user may see. */
  image: string;
  close(): Promise<void>;
}

/** And a client for steps. */
export const hasRegistry = hasDockerRegistry && existsSync('/usr/bin/skopeo');

export async function startRegistryServer(user: string, password: string): Promise<RegistryServer> {
  const registry = await startDockerRegistry({ user, password });
  await registry.push('team/image', '1', { layers: [Buffer.alloc(1024)] });
  return { host: registry.host, image: `${registry.host}/team/image:1`, close: () => registry.close() };
}
