// A whole platform in this process: nats-server as its child, and every service.

import { join } from 'node:path';
import type { RunningService } from '@slipway/service';
import { keepNats } from './kept-nats.js';
import { serviceEnvironments, type Layout } from './layout.js';

export interface Embedded {
  /** Of the API: `https://127.0.0.1:8443`. */
  url: string;
  /** Stops the services, then nats-server. Never rejects. */
  stop(): Promise<void>;
}

export interface EmbeddedOptions extends Omit<Layout, 'natsUrl' | 'healthPorts' | 'logFormat'> {
  onNotice: (text: string) => void;
  /** Called when a part that cannot be done without has ended for good. */
  onLost: (why: string) => void;
}

/** Starts everything side by side; resolves when the API answers and every service does its work. */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const running: RunningService[] = [];
  // Reading the programs takes longer than nats-server takes to start.
  const [service, registry, scheduler, executor, resources, logs] = await Promise.all([
    import('@slipway/service'),
    Promise.all([import('@slipway/registry/start'), import('@slipway/registry/config')]),
    Promise.all([import('@slipway/scheduler/start'), import('@slipway/scheduler/config')]),
    Promise.all([import('@slipway/executor/start'), import('@slipway/executor/config')]),
    Promise.all([import('@slipway/resources/start'), import('@slipway/resources/config')]),
    Promise.all([import('@slipway/logs/start'), import('@slipway/logs/config')]),
  ]);
  const nats = await keepNats({
    start: service.startNatsServer,
    users: service.serviceUsers,
    storeDir: join(options.dataDir, 'nats'),
    onRestart: (why) => options.onNotice(`nats-server has ended (${why}); starting it again`),
    onLost: options.onLost,
  });
  const env = serviceEnvironments({
    ...options,
    natsUrl: (name) => nats.urlOf(name),
    healthPorts: {},
    logFormat: 'text',
  });
  const keep = async <S extends RunningService>(starting: Promise<S>): Promise<S> => {
    const started = await starting;
    running.push(started);
    return started;
  };
  const stop = async (): Promise<void> => {
    const [api, others] = [
      running.filter(({ name }) => name === 'registry'),
      running.filter(({ name }) => name !== 'registry'),
    ];
    await Promise.all(others.map((one) => one.stop()));
    await Promise.all(api.map((one) => one.stop()));
    await nats.stop();
  };
  const starting = [
    keep(registry[0].startRegistry(registry[1].loadConfig(env.registry))),
    keep(scheduler[0].startScheduler(scheduler[1].loadConfig(env.scheduler))),
    keep(executor[0].startExecutor(executor[1].loadConfig(env.executor))),
    keep(resources[0].startResources(resources[1].loadConfig(env.resources))),
    keep(logs[0].startLogs(logs[1].loadConfig(env.logs))),
  ] as const;
  try {
    const [api] = await Promise.all(starting);
    return { url: api.url, stop };
  } catch (error) {
    void nats.stop(); // what has started by now ends with the process, which has nothing else to do
    throw error;
  }
}
