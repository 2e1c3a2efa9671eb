import { fixedAvailability } from './pull-ahead.js';
import { IMAGES, type Image } from '@slipway/contracts';
import { MemoryCache, MemoryStore, eventually } from '@slipway/testing';
import { ImageKeeper } from './image-keeper.js';

/** Templates between a store in memory and a keeper. */
class World {
  readonly store = new MemoryStore();
  owns = true;
  #keeper: ImageKeeper | undefined;
  #cache: MemoryCache | undefined;

  start(): void {
    this.#cache = new MemoryCache(this.store, (object) => object);
    this.#keeper = new ImageKeeper({
      cache: this.#cache,
      store: this.store,
      leases: {
        owns: (shard) => (this.owns ? { service: 'executor', shard, token: 1 } : undefined),
        onGained: () => () => {},
      },
      systemNamespace: 'system',
      availability: fixedAvailability(() => ({ status: 'False', reason: 'HostStandsIn', message: 'not here' })),
      now: () => 0,
      logger: { warn: () => {} },
    });
    this.#keeper.start();
  }

  async stop(): Promise<void> {
    await this.#keeper?.stop();
    this.#cache?.stop();
  }

  async put(kind: string, image: string): Promise<void> {
    const namespace = kind.startsWith('Cluster') ? {} : { namespace: 'ns' };
    const apiVersion = kind.endsWith('Template') ? 'build.knative.dev/v1alpha1' : 'tekton.dev/v1';
    const before = [...this.store.objects.values()].find((object) => object.kind === kind);
    const object = {
      apiVersion,
      kind,
      metadata: before?.metadata ?? { name: 't', ...namespace },
      spec: { steps: [{ image }] },
    };
    await this.store.commit({
      writes: [{ op: before === undefined ? 'create' : 'update', object: object }],
    });
  }

  async images(): Promise<string[]> {
    const { items } = await this.store.list<Image>(IMAGES);
    return items.map(({ metadata, spec }) => `${metadata.namespace}/${metadata.name} ${spec.image}`).sort();
  }
}

/** Waits until what is expected holds. */
function comes(expected: () => Promise<void>): Promise<boolean> {
  return eventually(() => expected().then(() => true));
}

let world: World;
beforeEach(() => (world = new World()));
afterEach(() => world.stop());

const KINDS = ['BuildTemplate', 'Task'];
test.each(KINDS)('a %s has its Images, and those of its newest version only', async (kind) => {
  world.start();
  await world.put(kind, 'a');
  await comes(async () => expect(await world.images()).toEqual(['ns/t-1-00000 a']));
  await world.put(kind, 'b');
  await comes(async () => expect(await world.images()).toEqual([expect.stringMatching(/^ns\/t-[2-9]-00000 b$/)]));
});

test('Images of a ClusterBuildTemplate are in a namespace of the system, which is made for them', async () => {
  world.start();
  await world.put('ClusterBuildTemplate', 'a');
  await comes(async () => expect(await world.images()).toEqual(['system/t-1-00000 a']));
  expect(world.store.objects.has('namespaces//system')).toBe(true);
});

test('an Image that somebody deletes comes back', async () => {
  world.start();
  await world.put('Task', 'a');
  await comes(async () => expect(await world.images()).toHaveLength(1));
  const [image] = (await world.store.list<Image>(IMAGES)).items;
  const { name, uid = '' } = image!.metadata;
  await world.store.commit({ writes: [{ op: 'delete', key: { resource: IMAGES, namespace: 'ns', name }, uid }] });
  await comes(async () => {
    const [again] = (await world.store.list<Image>(IMAGES)).items;
    expect(again?.metadata).toMatchObject({ name });
    expect(again?.metadata.uid).not.toBe(uid);
  });
});

test('a keeper that starts again asks nothing and writes nothing where all is as it should be (K3)', async () => {
  world.start();
  await world.put('Task', 'a');
  await comes(async () => expect(await world.images()).toHaveLength(1));
  await world.stop();
  const commits = world.store.commits.length;
  const asked: string[] = [];
  const list = world.store.list.bind(world.store);
  world.store.list = (resource, options) => {
    asked.push(resource);
    return list(resource, options);
  };
  world.start();
  await world.stop();
  expect({ commits: world.store.commits.length, asked }).toEqual({ commits, asked: [] });
});

test('another executor’s templates are left alone (K2)', async () => {
  world.owns = false;
  world.start();
  await world.put('Task', 'a');
  await world.stop();
  expect(await world.images()).toEqual([]);
});
