// The store as it runs: a database, a relay, and the answers on a real bus.

import { STORE_RPC, leasesSubject } from '@slipway/contracts';
import { connectBus, type Bus } from '@slipway/bus';
import { busStore, Cache, type CacheOptions, type Store } from '@slipway/store';
import { startTestNats, type TestNats } from '@slipway/testing';
import { DEFAULT_LIMITS } from '../src/core/admission/limits.js';
import type { ObjectStore } from '../src/io/object-store.js';
import { startRelay, type Relay } from '../src/io/relay.js';
import { StoreController } from '../src/io/store.controller.js';

export interface StoreWorld {
  nats: TestNats;
  /** The registry's side. */
  objects: ObjectStore;
  /** Another service's side. */
  store: Store;
  bus: Bus;
  cache(options: CacheOptions): Promise<Cache>;
  /** Ends the registry's side without finishing anything, and starts it again on the same database. */
  restartRegistry(): Promise<void>;
  close(): Promise<void>;
}

export async function storeWorld(open: () => Promise<ObjectStore>): Promise<StoreWorld> {
  const nats = await startTestNats();
  const bus = await connectBus({ url: nats.url, name: 'service' });
  const caches: Cache[] = [];
  let registry = await startRegistrySide(nats.url, open);
  return {
    nats,
    bus,
    get objects() {
      return registry.objects;
    },
    store: busStore(bus),
    async cache(options) {
      const cache = new Cache(bus, busStore(bus), options);
      caches.push(cache);
      await cache.start();
      return cache;
    },
    async restartRegistry() {
      await registry.stop();
      registry = await startRegistrySide(nats.url, open);
    },
    async close() {
      await Promise.all(caches.map((cache) => cache.stop()));
      await bus.close();
      await registry.stop();
      await nats.close();
    },
  };
}

async function startRegistrySide(
  url: string,
  open: () => Promise<ObjectStore>,
): Promise<{ objects: ObjectStore; relay: Relay; stop: () => Promise<void> }> {
  const bus = await connectBus({ url, name: 'registry' });
  const objects = await open();
  const relay = startRelay(objects, bus);
  const controller = new StoreController(objects, DEFAULT_LIMITS, (service) => bus.call(leasesSubject(service)));
  for (const [method, subject] of Object.entries(STORE_RPC)) {
    const answer = controller[method as keyof typeof STORE_RPC].bind(controller) as (data: unknown) => Promise<unknown>;
    await bus.serve(subject, 'registry', (data) => answer(data));
  }
  return {
    objects,
    relay,
    async stop() {
      await relay.stop();
      await bus.close();
      await objects.close();
    },
  };
}
