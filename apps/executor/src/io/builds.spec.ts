import { setTimeout as sleep } from 'node:timers/promises';
import {
  BUILDS,
  SECRETS,
  SERVICE_ACCOUNTS,
  TASK_RUNS,
  SlipwayError,
  isDone,
  succeeded,
  type Build,
  type BuildSpec,
  type Fence,
  type KubeObject,
  type TaskRun,
  type Write,
} from '@slipway/contracts';
import { SerialQueue } from '@slipway/service';
import type { GetOptions } from '@slipway/store';
import { MemoryCache, MemoryStore } from '@slipway/testing';
import { slim } from '../core/slim.js';
import { Builds } from './builds.js';
import { storedEnvironment } from './kubelet-objects.js';

const step = { name: 's', image: 'i' };
const END = '2026-01-01T00:00:00Z';

type End = 'succeeded' | 'running';

/** Builds in a store in memory, whose TaskRuns end at once. */
class World {
  readonly store = new MemoryStore();
  readonly created: string[] = [];
  owns = true;
  end: End = 'succeeded';
  /** Whether a TaskRun and its Build are written together, as they are where the Build is known. */
  mirrors = true;
  /** A TaskRun of this name is of a shard that another executor owns: this one does not hear of it. */
  unheard: string | undefined;
  #builds: Builds | undefined;
  #cache: MemoryCache | undefined;
  #queue: SerialQueue | undefined;

  constructor() {
    this.store.follow(({ before, after }) => {
      if (after?.kind !== 'TaskRun') return;
      if (before === undefined) this.created.push(after.metadata.name);
      if (!isDone(after as TaskRun)) void this.#execute(after as TaskRun);
    });
    this.start();
  }

  async #execute(taskRun: TaskRun): Promise<void> {
    await sleep(1);
    const isCancelled = taskRun.spec.status === 'TaskRunCancelled';
    if (this.end === 'running' && !isCancelled) return;
    const condition = isCancelled
      ? ({ type: 'Succeeded', status: 'False', reason: 'TaskRunCancelled' } as const)
      : ({ type: 'Succeeded', status: 'True', reason: 'Succeeded' } as const);
    const object: TaskRun = { ...taskRun, status: { conditions: [condition], completionTime: END } };
    const mirrored = this.mirrors ? this.#builds!.writesFor(object) : [];
    await this.store.commit({ writes: [{ op: 'update-status', object }, ...mirrored] }).catch(() => {});
  }

  /** As the executor does it: one of each name at a time, looked at whenever something of that name changes. */
  start(): void {
    const cache = new MemoryCache(this.store, slim);
    const builds = new Builds({
      cache: {
        get: <T extends KubeObject>(resource: string, namespace: string, name: string) =>
          resource === TASK_RUNS && name === this.unheard ? undefined : cache.get<T>(resource, namespace, name),
        put: (object) => cache.put(object),
      },
      store: this.store,
      fenceOf: (shard) => (this.owns ? { service: 'executor', shard, token: 1 } : undefined),
      definitions: this.store,
      environment: storedEnvironment(this.store, this.store, { list: () => [] }),
      writesEvents: true,
      now: Date.now,
    });
    const begin = async (object: TaskRun, fence: Fence): Promise<void> => {
      const uid = object.metadata.uid ?? '';
      const writes: Write[] = [{ op: 'create-as', uid, object }, ...builds.writesFor(object)];
      for (const stored of (await this.store.commit({ writes, fence })).objects) cache.put(stored!);
    };
    const queue = new SerialQueue({
      concurrency: 4,
      handle: (key) => builds.reconcile(...(key.split('/') as [string, string]), begin),
      onError: () => 1,
    });
    cache.onChange(({ key }) => queue.add(`${key.namespace}/${key.name}`));
    for (const { metadata } of cache.list(BUILDS)) queue.add(`${metadata.namespace}/${metadata.name}`);
    this.#cache = cache;
    this.#builds = builds;
    this.#queue = queue;
  }

  async stop(): Promise<void> {
    await this.#queue?.stop();
    this.#cache?.stop();
  }

  /** As after `kill -9`: what was in hand may have been written or not, and nothing in memory is left. */
  async restart(): Promise<void> {
    await this.stop();
    this.start();
  }

  async add(kind: string, name: string, more: object, apiVersion = 'build.knative.dev/v1alpha1'): Promise<void> {
    const namespace = kind.startsWith('Cluster') ? {} : { namespace: 'ns' };
    const metadata = { name, ...namespace, ...(more as { metadata?: object }).metadata };
    await this.store.commit({
      writes: [{ op: 'create', object: { apiVersion, kind, ...more, metadata } }],
    });
  }

  build(name: string, spec: BuildSpec = { steps: [step] }, metadata: object = {}): Promise<void> {
    return this.add('Build', name, { spec, metadata });
  }

  taskRun(name: string): TaskRun | undefined {
    return this.store.objects.get(`${TASK_RUNS}/ns/${name}`) as TaskRun | undefined;
  }

  get(name: string): Build {
    return this.store.objects.get(`${BUILDS}/ns/${name}`) as Build;
  }

  async update(name: string, spec: Partial<BuildSpec>): Promise<void> {
    const stored = this.get(name);
    const object = { ...stored, spec: { ...stored.spec, ...spec } } as KubeObject;
    await this.store.commit({ writes: [{ op: 'update', object }] });
  }

  async until(what: string, holds: () => boolean): Promise<void> {
    const endMs = Date.now() + 5_000;
    while (!holds()) {
      if (Date.now() > endMs) throw new Error(`never: ${what}`);
      await sleep(2);
    }
  }

  async done(name: string): Promise<Build> {
    await this.until(`${name} is done`, () => isDone(this.get(name)));
    return this.get(name);
  }
}

let world: World;
beforeEach(() => void (world = new World()));
afterEach(() => world.stop());

function outcome(build: Build): string {
  const { status, reason = '', message = '' } = succeeded(build)!;
  return [status, reason, message].filter((part) => part !== '').join(' ');
}

test('a Build becomes one TaskRun, and ends as it does, with events that tell of it', async () => {
  await world.build('b');
  expect(outcome(await world.done('b'))).toBe('True');
  expect(world.created).toEqual(['b']);
  const events = [...world.store.objects.values()].filter(({ kind }) => kind === 'Event');
  expect(events.map((event) => (event as unknown as { reason: string }).reason).sort()).toEqual([
    'Started',
    'Succeeded',
  ]);
});

test('a TaskRun and its Build end in one commit', async () => {
  await world.build('b');
  await world.done('b');
  const last = world.store.commits.filter(({ writes }) => writes.some(({ op }) => op === 'update-status')).at(-1)!;
  const kinds = last.writes.map((write) => (write.op === 'delete' ? '' : write.object.kind));
  expect(kinds).toEqual(['TaskRun', 'Build', 'Event']);
});

test('a Build that its TaskRun’s commit did not know of is told of it afterwards', async () => {
  world.mirrors = false;
  await world.build('b');
  const { status } = await world.done('b');
  expect(status).toMatchObject({ completionTime: END, conditions: [{ status: 'True' }] });
});

test('a Build that is new begins without a look for its TaskRun', async () => {
  const asked: string[] = [];
  const get = world.store.get.bind(world.store);
  world.store.get = (resource: string, ...rest: [string, string]) => {
    asked.push(resource);
    return get(resource, ...rest);
  };
  let askedBefore: string[] | undefined;
  world.store.before = ({ writes }) => {
    if (writes.some(({ op }) => op === 'create-as')) askedBefore = [...asked];
  };
  await world.build('b');
  await world.done('b');
  expect(askedBefore).toEqual([SERVICE_ACCOUNTS]);
});

test('a Build costs as many commits as its TaskRun has states', async () => {
  await world.build('b');
  await world.done('b');
  await world.restart(); // everything is looked at once more
  await world.stop();
  expect(world.store.commits.filter(({ fence }) => fence !== undefined)).toHaveLength(1);
  expect(world.store.commits.filter(({ writes }) => writes.some(({ op }) => op === 'update-status'))).toHaveLength(2);
});

test.each(['before', 'after'])('an executor that dies %s any of its commits makes no second TaskRun', async (when) => {
  const commit = world.store.commit.bind(world.store);
  for (let dies = 0; dies < 4; dies++) {
    const name = `b-${dies}`;
    world.owns = false;
    await world.build(name);
    let commits = 0;
    let died: (() => void) | undefined;
    const death = new Promise<void>((resolve) => (died = resolve));
    world.store.commit = async (request) => {
      const isOurs = request.fence !== undefined;
      if (!isOurs || commits++ !== dies) return commit(request);
      if (when === 'after') await commit(request);
      died?.();
      throw new SlipwayError('transient', 'Down', 'the answer was lost');
    };
    world.owns = true;
    await world.restart();
    await Promise.race([death, world.done(name)]); // a Build has fewer commits than four
    await world.restart();
    expect(outcome(await world.done(name))).toBe('True');
    expect(world.created.filter((created) => created === name)).toEqual([name]);
  }
  world.store.commit = commit;
});

test('what another executor owns is left alone, until it is ours', async () => {
  world.owns = false;
  await world.build('b');
  await world.restart();
  expect(world.created).toEqual([]);
  world.owns = true;
  await world.restart();
  await world.done('b');
});

test('a Build that is cancelled ends when its TaskRun has', async () => {
  world.end = 'running';
  await world.build('b');
  await world.until('the TaskRun is there', () => world.created.length === 1);
  await world.update('b', { status: 'BuildCancelled' });
  const build = await world.done('b');
  expect(outcome(build)).toBe('False BuildCancelled Build "b" was cancelled');
  expect(build.status?.completionTime).toBeDefined();
  expect(world.taskRun('b')!.spec.status).toBe('TaskRunCancelled');
});

test('a Build whose TaskRun is taken away ends, and is not run again', async () => {
  world.end = 'running';
  await world.build('b');
  await world.until('the TaskRun is there', () => world.created.length === 1);
  await world.store.commit({
    writes: [{ op: 'delete', key: { resource: TASK_RUNS, namespace: 'ns', name: 'b' }, uid: '' }],
  });
  expect(outcome(await world.done('b'))).toMatch(/^False BuildExecuteFailed TaskRun "b" was deleted/);
  expect(world.created).toEqual(['b']);
});

test.each([
  ['that it knows', undefined],
  ['of which it has not heard', 'b'],
])('a TaskRun of the name that is somebody else’s, and %s, is left alone', async (_given, unheard) => {
  world.end = 'running';
  world.unheard = unheard;
  await world.add('TaskRun', 'b', { spec: {} }, 'tekton.dev/v1');
  await world.build('b');
  expect(outcome(await world.done('b'))).toMatch(/^False BuildExecuteFailed a TaskRun called "b" exists/);
});

test('a Build that the store refuses ends with the reason; its neighbours go on', async () => {
  world.store.before = ({ writes }) => {
    if (writes.some((write) => write.op === 'create-as' && write.object.kind === 'TaskRun' && write.object.metadata.name === 'large'))
      throw new SlipwayError('too-large', 'TooLarge', 'the TaskRun is too large');
  }; // prettier-ignore
  await Promise.all([world.build('large'), world.build('other')]);
  expect(outcome(await world.done('large'))).toBe('False BuildExecuteFailed the TaskRun is too large');
  expect(outcome(await world.done('other'))).toBe('True');
});

test('a TaskRun whose pod cannot be made with it is made without, and tells by itself what is wrong', async () => {
  world.store.before = ({ writes }) => {
    if (writes.some(({ op }) => op === 'create-as')) throw new TypeError('outcome is undefined');
  };
  await world.build('b');
  expect(outcome(await world.done('b'))).toBe('True');
  expect(world.created).toEqual(['b']);
});

describe('a Build begins only with everything that it names', () => {
  const template = { parameters: [{ name: 'A' }], steps: [{ name: 's', image: '${A}' }] };
  const rows: [given: string, spec: BuildSpec, annotation: string | undefined, then: RegExp][] = [
    ['its template', { template: { name: 'none' } }, undefined, /^False BuildValidationFailed buildtemplates.build.knative.dev "none" not found$/],
    ['its cluster-wide template', { template: { name: 't', kind: 'ClusterBuildTemplate' } }, undefined, /^False BuildValidationFailed clusterbuildtemplates.build.knative.dev "t" not found$/],
    ['a kind of template that there is', { template: { name: 't', kind: 'Task' } }, undefined, /^False BuildValidationFailed Incorrect Template Kind: the template kind can only be/],
    ['its arguments', { template: { name: 't' } }, undefined, /^False BuildValidationFailed UnsatisfiedParameter: build does not specify these required parameters: \[\{A \}\]$/],
    ['its service account', { steps: [step], serviceAccountName: 'none' }, undefined, /^False BuildValidationFailed serviceaccounts "none" not found$/],
    ['the secrets of that', { steps: [step], serviceAccountName: 'sa' }, undefined, /^False BuildValidationFailed secrets "gone" not found$/],
    ['a list of templates', { steps: [step] }, 'name: t', /^False BuildValidationFailed annotation slipway.dev\/templates: must be a list/],
    ['YAML', { steps: [step] }, '[{', /^False BuildValidationFailed annotation slipway.dev\/templates is not valid YAML/],
    ['the templates that the list names', { steps: [step] }, '- name: none', /^False BuildValidationFailed buildtemplates.build.knative.dev "none" not found$/],
  ]; // prettier-ignore
  test.each(rows)('%s', async (_given, spec, annotation, then) => {
    await world.add('BuildTemplate', 't', { spec: template });
    await world.add('ServiceAccount', 'sa', { secrets: [{ name: 'gone' }] }, 'v1');
    await world.build('b', spec, annotation === undefined ? {} : { annotations: { 'slipway.dev/templates': annotation } });
    expect(outcome(await world.done('b'))).toMatch(then);
    expect(world.created).toEqual([]);
  }); // prettier-ignore
});

test('of the secrets of a service account only the heads are asked for', async () => {
  const asked: unknown[] = [];
  const get = world.store.get.bind(world.store);
  world.store.get = (resource: string, namespace: string, name: string, options?: GetOptions) => {
    if (resource === SECRETS) asked.push([name, options]);
    return get(resource, namespace, name);
  };
  await world.add('ServiceAccount', 'sa', { secrets: [{ name: 'one' }] }, 'v1');
  await world.add('Secret', 'one', { data: { password: 'aGlkZGVu' } }, 'v1');
  await world.build('b', { steps: [step], serviceAccountName: 'sa' });
  expect(outcome(await world.done('b'))).toBe('True');
  expect(asked).toEqual([['one', { headOnly: true }]]);
});

test('several templates of both kinds run in one Build, each with its own arguments', async () => {
  await world.add('BuildTemplate', 't', { spec: { steps: [{ name: 's', image: '${A}' }] } });
  await world.add('ClusterBuildTemplate', 't', { spec: { steps: [{ name: 's', image: 'cluster-${A}' }] } });
  const more = '- name: t\n  kind: ClusterBuildTemplate\n  arguments: [{name: A, value: "2"}]\n- name: t\n';
  await world.build(
    'b',
    { template: { name: 't', arguments: [{ name: 'A', value: '1' }] } },
    { annotations: { 'slipway.dev/templates': more } },
  );
  await world.done('b');
  const { taskSpec } = world.taskRun('b')!.spec;
  expect(taskSpec?.steps).toEqual([
    { name: 's', image: '1' },
    { name: 't-s', image: 'cluster-2' },
    { name: 't-s-2', image: '${A}' },
  ]);
});
