// The keeper between a store in memory and resolvers that end when the test says so.

import { setTimeout as sleep } from 'node:timers/promises';
import {
  RESOLUTION_REQUESTS,
  SlipwayError,
  succeeded,
  type KubeObject,
  type ResolutionRequest,
} from '@slipway/contracts';
import { createLogger } from '@slipway/service';
import { MemoryCache, MemoryStore } from '@slipway/testing';
import type { Fetched } from './remote/resolver.js';
import { ResolutionKeeper } from './resolution-keeper.js';

type Fetch = (name: string, signal: AbortSignal) => Promise<Fetched>;

const document: Fetched = { data: Buffer.from('kind: Task'), refSource: { uri: 'https://x', digest: { sha256: 'a' } } };

/** A store, and replicas that answer its requests. */
class World {
  readonly store = new MemoryStore();
  readonly fetched: string[] = [];
  readonly reasons: string[] = [];
  timeoutMs = 60_000;
  nowMs: () => number = Date.now;
  readonly #running: { cache: MemoryCache; keeper: ResolutionKeeper }[] = [];

  start(fetch: Fetch, owns = true): { stop: () => Promise<void> } {
    const cache = new MemoryCache(this.store, (object) => object);
    const keeper = new ResolutionKeeper({
      cache,
      store: this.store,
      owns: (shard) => (owns ? { service: 'resources', shard, token: 1 } : undefined),
      fetch: (request, _, signal) => {
        this.fetched.push(request.metadata.name);
        return fetch(request.metadata.name, signal);
      },
      now: () => this.nowMs(),
      logger: createLogger('test', 'silent'),
      timeoutMs: this.timeoutMs,
      concurrency: 4,
      answered: (_, reason) => this.reasons.push(reason),
    });
    keeper.start();
    this.#running.push({ cache, keeper });
    const stop = async (): Promise<void> => {
      cache.stop();
      await keeper.stop();
    };
    return { stop };
  }

  async stop(): Promise<void> {
    for (const { cache, keeper } of this.#running) {
      cache.stop();
      await keeper.stop();
    }
  }

  ask(name: string, namespace = 'ns', type = 'http'): Promise<unknown> {
    const metadata = { name, namespace, labels: { 'resolution.tekton.dev/type': type } };
    const object = { apiVersion: 'resolution.tekton.dev/v1beta1', kind: 'ResolutionRequest', metadata, spec: {} };
    return this.store.commit({ writes: [{ op: 'create', object: object }] });
  }

  request(name: string, namespace = 'ns'): ResolutionRequest {
    return this.store.objects.get(`${RESOLUTION_REQUESTS}/${namespace}/${name}`)!;
  }

  async reason(name: string, wanted: string, namespace = 'ns'): Promise<ResolutionRequest> {
    const endMs = Date.now() + 10_000;
    while (succeeded(this.request(name, namespace))?.reason !== wanted) {
      if (Date.now() > endMs) throw new Error(`${name} is ${succeeded(this.request(name, namespace))?.reason}`);
      await sleep(2);
    }
    return this.request(name, namespace);
  }
}

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.stop());

const never: Fetch = (_, signal) =>
  new Promise((_resolve, reject) =>
    signal.addEventListener('abort', () => reject(new Error('aborted')), { once: true }),
  );

test('a request is taken up, answered, and then left alone', async () => {
  world.start(() => Promise.resolve(document));
  await world.ask('a');
  const { status } = await world.reason('a', 'ResolutionSuccessful');
  expect(status).toMatchObject({
    conditions: [{ type: 'Succeeded', status: 'True' }],
    data: Buffer.from('kind: Task').toString('base64'),
    refSource: document.refSource,
    source: document.refSource,
  });
  await world.stop();
  world.start(() => Promise.resolve(document));
  expect(world.fetched).toEqual(['a']);
  expect(world.store.commits.every(({ fence, writes }) => fence !== undefined || writes[0]?.op === 'create')).toBe(
    true,
  );
});

test('K2: a replica that is killed while it fetches leaves a request that its successor answers', async () => {
  const first = world.start(never);
  await world.ask('a');
  await world.reason('a', 'ResolutionInProgress');
  await first.stop();
  expect(succeeded(world.request('a'))?.reason).toBe('ResolutionInProgress');
  world.start(() => Promise.resolve(document));
  await world.reason('a', 'ResolutionSuccessful');
});

test('K2: whatever commit fails, the request is answered in the end', async () => {
  let left = 2;
  world.store.before = ({ fence }) => {
    if (fence !== undefined && left-- > 0) throw new SlipwayError('conflict', 'Conflict', 'somebody wrote first');
  };
  world.start(() => Promise.resolve(document));
  await world.ask('a');
  await world.reason('a', 'ResolutionSuccessful');
});

test('K1: a replica without the lease of the shard does nothing', async () => {
  world.start(() => Promise.resolve(document), false);
  await world.ask('a');
  await sleep(20);
  expect(world.fetched).toEqual([]);
  world.start(() => Promise.resolve(document));
  await world.reason('a', 'ResolutionSuccessful');
});

test('K3: what a resolver throws becomes the condition, with what to do; its neighbours are answered', async () => {
  world.start((name) => {
    if (name === 'told') throw new SlipwayError('not-found', 'X', 'there is no such file', { hint: 'Look again.' });
    if (name === 'broken') throw new TypeError('secret internals');
    return Promise.resolve(document);
  });
  await Promise.all(['told', 'broken', 'fine'].map((name) => world.ask(name)));
  const told = await world.reason('told', 'ResolutionFailed');
  expect(succeeded(told)?.message).toBe('there is no such file. Look again.');
  const broken = await world.reason('broken', 'ResolutionFailed');
  expect(succeeded(broken)?.message).not.toMatch(/secret internals/);
  await world.reason('fine', 'ResolutionSuccessful');
});

test('K4: a server that hangs costs its request the time of one, and says so', async () => {
  world.timeoutMs = 1;
  world.start(never);
  await world.ask('a');
  const { status } = await world.reason('a', 'ResolutionTimedOut');
  expect(status?.conditions?.[0]?.message).toMatch(/^resolution took longer than global timeout of /);
});

test('K4: tenants whose servers hang hold up no other tenant', async () => {
  world.start((name, signal) => (name.startsWith('slow') ? never(name, signal) : Promise.resolve(document)));
  for (let i = 0; i < 300; i++) await world.ask(`slow-${i}`, 'bad'); // more than are in hand at a time
  await world.ask('quick', 'good');
  await world.reason('quick', 'ResolutionSuccessful', 'good');
});

test('a request of a type that nobody here serves is left to a controller outside', async () => {
  world.start(() => Promise.resolve(document));
  await world.ask('a', 'ns', 'mine');
  const request = await world.reason('a', 'ResolutionInProgress');
  const status = { conditions: [{ type: 'Succeeded', status: 'True' as const, reason: 'Mine' }], data: '' };
  await world.store.commit({ writes: [{ op: 'update-status', object: { ...request, status } as KubeObject }] });
  await sleep(20);
  expect(succeeded(world.request('a'))?.reason).toBe('Mine');
  expect(world.fetched).toEqual([]);
});

test('what nobody waits for any more is not fetched to its end', async () => {
  let aborted = false;
  world.start((_, signal) => {
    signal.addEventListener('abort', () => (aborted = true), { once: true });
    return never('', signal);
  });
  await world.ask('a');
  await world.reason('a', 'ResolutionInProgress');
  while (world.fetched.length === 0) await sleep(2);
  const key = { resource: RESOLUTION_REQUESTS, namespace: 'ns', name: 'a' };
  await world.store.commit({ writes: [{ op: 'delete', key }] });
  while (!aborted) await sleep(2);
  expect(world.reasons).toEqual([]);
});

test('a document that does not fit an object is told, not tried for ever', async () => {
  world.store.before = ({ writes: [write] }) => {
    const isAnswer = write?.op === 'update-status' && 'data' in ((write.object as ResolutionRequest).status ?? {});
    if (isAnswer) throw new SlipwayError('too-large', 'TooLarge', 'the object is too large');
  };
  world.start(() => Promise.resolve(document));
  await world.ask('a');
  expect(succeeded(await world.reason('a', 'ResolutionFailed'))?.message).toBe('the object is too large');
});
