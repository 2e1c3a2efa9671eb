import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { BusService } from '@slipway/bus';
import { serviceUsers, startNatsServer, type NatsServer } from '@slipway/service';
import { tempDir } from './temp-dir.js';

/** A real nats-server that a test may mistreat. Its address and password stay the same over restarts. */
export interface TestNats {
  readonly url: string;
  /** For a service, with a user who has its rights and no others. */
  urlOf(service: BusService): string;
  /** SIGKILL; nothing is written that is not yet. */
  kill(): Promise<void>;
  /** SIGTERM. */
  stop(): Promise<void>;
  /** Starts again after `kill` or `stop`. */
  start(): Promise<void>;
  /** Deletes everything it has stored; only while it is stopped. */
  wipe(): Promise<void>;
  /** Stops it and removes its files. */
  close(): Promise<void>;
}

/** `users`: as `NatsServerOptions.users`. */
export async function startTestNats({ users = [] }: { users?: readonly string[] } = {}): Promise<TestNats> {
  const dir = await tempDir();
  const password = randomBytes(24).toString('hex');
  const ours = serviceUsers(password);
  const all = [...ours.users, ...users];
  let server: NatsServer | undefined = await startNatsServer({ storeDir: dir.path, password, users: all });
  const { url, port } = server;
  const end = async (how: 'kill' | 'stop'): Promise<void> => {
    await server?.[how]();
    server = undefined;
  };
  return {
    url,
    urlOf: (service) => ours.urlOf(service, port),
    kill: () => end('kill'),
    stop: () => end('stop'),
    start: async () => {
      server ??= await startNatsServer({ storeDir: dir.path, port, password, users: all });
    },
    wipe: () => rm(join(dir.path, 'jetstream'), { recursive: true, force: true }),
    close: async () => {
      await end('stop');
      await dir.remove();
    },
  };
}
