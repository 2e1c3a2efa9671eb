// A nats-server that is started again when it ends by itself, where its clients look for it: same port, same password.

import { setTimeout as sleep } from 'node:timers/promises';
import type { NatsServer, startNatsServer } from '@slipway/service';

export interface KeptNats {
  url: string;
  stop(): Promise<void>;
}

export interface KeptNatsOptions {
  start: typeof startNatsServer;
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

export async function keepNats({ start, storeDir, onRestart, onLost }: KeptNatsOptions): Promise<KeptNats> {
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
      server = await start({ storeDir, port: server.port, password: server.password, onExit });
    } catch (error) {
      onLost(error instanceof Error ? error.message : String(error));
    }
  };
  const onExit = (why: string): void => {
    restarting = restart(why);
  };
  server = await start({ storeDir, onExit });
  return {
    url: server.url,
    stop: async () => {
      isStopping = true;
      await restarting;
      await server.stop();
    },
  };
}
