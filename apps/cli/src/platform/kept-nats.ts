// A nats-server that is started again when it ends by itself, where its clients look for it: same port, same password.

import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BusService } from '@slipway/bus';
import type { NatsServer, serviceUsers, startNatsServer } from '@slipway/service';

export interface KeptNats {
  /** For a service, with its user. The same over restarts. */
  urlOf(service: BusService): string;
  stop(): Promise<void>;
}

export interface KeptNatsOptions {
  start: typeof startNatsServer;
  users: typeof serviceUsers;
  storeDir: string;
  /** Told of each end and new start. */
  onRestart: (why: string) => void;
  /** It ends again and again, or does not start any more. */
  onLost: (why: string) => void;
}

/** A server that ran for less is in no state to run at all. */
const SHORT_MS = 5_000;
const MOST_SHORT_RUNS = 5;
const PAUSE_MS = 100;

export async function keepNats(options: KeptNatsOptions): Promise<KeptNats> {
  const { start, storeDir, onRestart, onLost } = options;
  const password = randomBytes(24).toString('hex');
  const users = options.users(password);
  let isStopping = false;
  let shortRuns = 0;
  let startedMs = Date.now();
  let server: NatsServer;
  let restarting: Promise<void> = Promise.resolve();
  const restart = async (why: string): Promise<void> => {
    shortRuns = Date.now() - startedMs < SHORT_MS ? shortRuns + 1 : 0;
    if (shortRuns === MOST_SHORT_RUNS) return onLost(`nats-server ends again and again: ${why}`);
    onRestart(why);
    await sleep(PAUSE_MS * 2 ** shortRuns);
    if (isStopping) return;
    startedMs = Date.now();
    try {
      server = await start({ storeDir, port: server.port, password, users: users.users, onExit });
    } catch (error) {
      onLost(error instanceof Error ? error.message : String(error));
    }
  };
  const onExit = (why: string): void => {
    restarting = restart(why);
  };
  server = await start({ storeDir, password, users: users.users, onExit });
  return {
    urlOf: (service) => users.urlOf(service, server.port),
    stop: async () => {
      isStopping = true;
      await restarting;
      await server.stop();
    },
  };
}
