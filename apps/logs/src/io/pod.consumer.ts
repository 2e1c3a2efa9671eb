// Forgets the lines of pods that are no more.
//
//   F1. A deletion on the bus is only the quick way. What counts is what the store says: a sweep asks for it, so a
//       deletion that was lost costs nothing but time.
//   F2. Which lines are here is read before the store is asked, and what came a moment ago is left for the next sweep:
//       a pod whose creation is still on its way is not taken for one that is gone.

import { setTimeout as sleep } from 'node:timers/promises';
import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { podDeletionsConsumer, type Bus, type BusLogger, type Subscription } from '@slipway/bus';
import { PODS, SlipwayError, type Change } from '@slipway/contracts';
import type { Store } from '@slipway/store';
import type { LogStore } from './log-store.js';

const SWEEP_EVERY_MS = 3_600_000;
const RETRY_MS = 60_000;
const MIN_AGE_MS = 600_000;
const CONCURRENCY = 16;

export interface PodConsumerPorts {
  bus: Bus;
  logs: LogStore;
  objects: Pick<Store, 'list'>;
  logger: Pick<BusLogger, 'info' | 'warn'>;
  /** Every replica forgets for itself. */
  instance: string;
  now: () => number;
}

export class PodConsumer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  #subscription: Subscription | undefined;
  readonly #end = new AbortController();

  constructor(private readonly ports: PodConsumerPorts) {}

  async onApplicationBootstrap(): Promise<void> {
    const { stream, durable, filter, forgottenAfterMs } = podDeletionsConsumer(this.ports.instance);
    this.#subscription = await this.ports.bus.consume({
      stream,
      durable,
      filter,
      forgottenAfterMs: forgottenAfterMs!,
      decode: (message) => deletedPod(message.json()),
      handle: async (pod) => {
        if (pod !== undefined) await this.ports.logs.remove(pod);
      },
      concurrency: CONCURRENCY,
    });
    void this.#sweepOnAndOn();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#end.abort();
    await this.#subscription?.stop();
  }

  /** F1, F2. Throws what the store throws. */
  async sweep(): Promise<void> {
    const { logs, objects, logger, now } = this.ports;
    const untilMs = now() - MIN_AGE_MS;
    for (const [namespace, stored] of await logs.pods(untilMs)) {
      const { items } = await objects.list(PODS, { namespace });
      const existing = new Set(items.map(({ metadata }) => metadata.uid));
      const gone = stored.filter((podUid) => !existing.has(podUid));
      for (const podUid of gone) {
        if (this.#end.signal.aborted) return;
        await logs.remove({ namespace, podUid });
      }
      if (gone.length > 0) logger.info({ namespace, pods: gone.length }, 'logs of pods that are gone were removed');
    }
  }

  async #sweepOnAndOn(): Promise<void> {
    const { signal } = this.#end;
    while (!signal.aborted) {
      let pauseMs = SWEEP_EVERY_MS;
      try {
        await this.sweep();
      } catch (error) {
        pauseMs = RETRY_MS;
        if (!signal.aborted) this.ports.logger.warn({ err: error }, 'which pods still exist is not known; trying on');
      }
      await sleep(pauseMs, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }
}

/** The pod that a change took away; undefined for other changes. Throws SlipwayError('invalid'). */
function deletedPod(change: Partial<Change> | null): { namespace: string; podUid: string } | undefined {
  if (change?.type === 'ADDED' || change?.type === 'MODIFIED') return undefined;
  const namespace = change?.key?.namespace;
  const podUid = change?.uid;
  if (change?.type === 'DELETED' && typeof namespace === 'string' && typeof podUid === 'string' && podUid !== '') {
    return { namespace, podUid };
  }
  throw new SlipwayError('invalid', 'BadChange', 'A change of a pod must say what happened to which pod.');
}
