// The recent changes of every object, in memory, from one follower of the change stream; all watches read from it.
//
//   C1. For every revision above `floor(resource)` the window holds every change of the resource, up to `head`.
//   C2. When that cannot be kept (a hole, a stream made anew), the window begins again at the store's revision, and
//       every watch that stands before it is told that its version has expired.
//   C3. A watch never holds anything back: it has a place in the window, and expires when the window has moved past it.
//   C4. What is read of an object that its change did not carry counts as if it had: those are the large ones.
//   C5. A change wakes those whose objects it may be of, not every watch of the resource: most follow one run, or a namespace.
//       The others are woken when a part of the window has gone by, so that their places go along with it.

import { CHANGES, type Broken, type Bus, type BusLogger, type BusMessage, type Subscription } from '@slipway/bus';
import type { Change, KubeObject, ObjectKey } from '@slipway/contracts';
import type { ObjectStore } from './object-store.js';

/** What selectors can ask of an object: kept of the state before a change. */
export type Selectable = Pick<KubeObject, 'metadata'>;

export interface Entry {
  type: Change['type'];
  revision: number;
  key: ObjectKey;
  uid: string;
  /** After the change; of a deletion, the last state. Absent where the change did not carry it: `load()` then. */
  object: KubeObject | undefined;
  /** Labels and fields before the change; `unknown` when nobody asked for them at the time. */
  before: Selectable | 'none' | 'unknown';
  sizeBytes: number;
  /** JSON by version, for all watches that show it. */
  texts: Map<string, string>;
}

/** Most changes that the window holds, and most of their JSON: about five seconds at the full speed of the platform. */
const WINDOW = { entries: 20_000, bytes: 24 * 1024 * 1024 };
/** The part of the window after which everybody is woken: small enough that nobody then has many changes to look through. */
const WAKE_ALL = 1 / 32;
/** Idle watches look at their clocks this often: for bookmarks. */
const TICK_MS = 30_000;

/** What is waited for; absent: in any namespace, of any name. */
interface Scope {
  namespace?: string | undefined;
  name?: string | undefined;
}

interface Lane {
  entries: Entry[];
  /** Every change of the resource above this revision is in `entries`. */
  floor: number;
  /** State that selectors can ask for, by `namespace/name`; undefined until somebody asks. */
  states: Map<string, Selectable> | undefined;
  tracking: Promise<void> | undefined;
  /** By the place of the scope. */
  waits: Map<string, PromiseWithResolver>;
}

interface PromiseWithResolver {
  promise: Promise<void>;
  resolve: () => void;
}

export class WatchCache {
  readonly #lanes = new Map<string, Lane>();
  /** The lane of each entry, oldest first. */
  readonly #order: Lane[] = [];
  #orderStart = 0;
  #sizeBytes = 0;
  /** What has come since everybody was woken (C5). */
  #since = { entries: 0, bytes: 0 };
  #head = 0;
  #base = 0;
  #epoch = 0;
  #sequences: number[] = [];
  #subscription: Subscription | undefined;
  #tick: NodeJS.Timeout | undefined;
  #isStopped = false;
  #resetting: Promise<void> | undefined;
  #listeners: ((entry: Entry) => void)[] = [];

  constructor(
    private readonly bus: Bus,
    private readonly store: ObjectStore,
    private readonly logger: BusLogger,
    private readonly window: { entries: number; bytes: number } = WINDOW,
  ) {}

  /** Resolves when every later commit will be seen. */
  async start(): Promise<void> {
    this.#subscription = await this.bus.follow({
      stream: CHANGES,
      startAt: 'new',
      handle: (message) => this.#take(message),
      onBroken: (why) => this.#broken(why),
    });
    await this.#reset();
    this.#tick = setInterval(() => this.#wakeAll(), TICK_MS).unref();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearInterval(this.#tick);
    this.#wakeAll();
    await this.#subscription?.stop();
  }

  /** Revision of the last change seen. */
  get head(): number {
    return this.#head;
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** Told about every change, in order. Must not throw. */
  onEntry(listener: (entry: Entry) => void): void {
    this.#listeners.push(listener);
  }

  /** Changes above a revision are complete in the window only when it is at least this. */
  floor(resource: string): number {
    return this.#lane(resource).floor;
  }

  /** Changes of the resource after `revision`, oldest first; at most `limit`. Only valid when `revision >= floor`. */
  after(resource: string, revision: number, limit: number): Entry[] {
    const { entries } = this.#lane(resource);
    let [low, high] = [0, entries.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (entries[middle]!.revision <= revision) low = middle + 1;
      else high = middle;
    }
    return entries.slice(low, low + limit);
  }

  /** Resolves at the next change of the resource in the scope, when the window begins again, and every now and then. */
  changed(resource: string, { namespace = '', name = '' }: Scope): Promise<void> {
    const { waits } = this.#lane(resource);
    const place = placeOf({ namespace, name });
    const wait = waits.get(place) ?? promiseWithResolver();
    waits.set(place, wait);
    return wait.promise;
  }

  /** From now on, entries of the resource know the labels before the change. Once per resource; O(live objects). */
  track(resource: string): Promise<void> {
    const lane = this.#lane(resource);
    return (lane.tracking ??= this.#track(resource, lane).catch((error: unknown) => {
      lane.tracking = undefined;
      throw error;
    }));
  }

  /** The object of an entry, read from the store where the change did not carry it; undefined when it is gone by now. */
  async load(entry: Entry): Promise<KubeObject | undefined> {
    if (entry.object !== undefined || entry.type === 'DELETED') return entry.object;
    const stored = await this.store.get(entry.key);
    if (stored === undefined || stored.uid !== entry.uid || entry.object !== undefined) return entry.object;
    entry.object = JSON.parse(stored.text) as KubeObject;
    this.#grow(entry, Buffer.byteLength(stored.text));
    return entry.object;
  }

  /** C4. */
  #grow(entry: Entry, bytes: number): void {
    entry.sizeBytes += bytes;
    const isInWindow = entry.revision <= this.#head && entry.revision > this.floor(entry.key.resource);
    if (!isInWindow) return; // it will be counted when it comes in, or was by then dropped
    this.#sizeBytes += bytes;
    this.#shrink();
    this.#count(0, bytes);
  }

  async #track(resource: string, lane: Lane): Promise<void> {
    const epoch = this.#epoch;
    const states = new Map<string, Selectable>();
    let revision = 0;
    let token: string | undefined;
    do {
      const page = await this.store.list({ resource, limit: 500, ...(token === undefined ? {} : { continue: token }) });
      for (const { key, text } of page.items) states.set(placeOf(key), selectable(JSON.parse(text) as KubeObject));
      revision = page.revision;
      token = page.continue;
    } while (token !== undefined);
    if (epoch !== this.#epoch) return this.#track(resource, lane); // the window began again meanwhile
    for (const entry of this.after(resource, revision, Infinity)) {
      const place = placeOf(entry.key);
      entry.before = states.get(place) ?? 'none';
      if (entry.type === 'DELETED') states.delete(place);
      else if (entry.object !== undefined) states.set(place, selectable(entry.object));
    }
    lane.states = states;
  }

  async #take(message: BusMessage): Promise<void> {
    await this.#resetting;
    const change = message.json<Change>();
    if (change.revision <= this.#base) return;
    const expected = (this.#sequences[change.shard] ?? 0) + 1;
    if (change.sequence < expected) return; // published twice
    if (change.sequence > expected || change.revision <= this.#head) {
      return this.#broken({ kind: 'missed', count: change.sequence - expected });
    }
    this.#sequences[change.shard] = change.sequence;
    const lane = this.#lane(change.key.resource);
    const entry: Entry = {
      type: change.type,
      revision: change.revision,
      key: change.key,
      uid: change.uid,
      object: change.object,
      before: 'unknown',
      sizeBytes: message.data.length,
      texts: new Map(),
    };
    if (lane.states !== undefined) await this.#note(entry, lane.states);
    this.#append(lane, entry);
    for (const listener of this.#listeners) listener(entry);
  }

  async #note(entry: Entry, states: Map<string, Selectable>): Promise<void> {
    const place = placeOf(entry.key);
    entry.before = states.get(place) ?? 'none';
    if (entry.type === 'DELETED') {
      states.delete(place);
      return;
    }
    const object = await this.load(entry);
    if (object !== undefined) states.set(place, selectable(object));
  }

  #append(lane: Lane, entry: Entry): void {
    lane.entries.push(entry);
    this.#order.push(lane);
    this.#sizeBytes += entry.sizeBytes;
    this.#head = entry.revision;
    this.#shrink();
    for (const namespace of new Set(['', entry.key.namespace]))
      for (const name of ['', entry.key.name]) wake(lane, placeOf({ namespace, name }));
    this.#count(1, entry.sizeBytes);
  }

  /** C5. */
  #count(entries: number, bytes: number): void {
    this.#since.entries += entries;
    this.#since.bytes += bytes;
    const isPart =
      this.#since.entries >= this.window.entries * WAKE_ALL || this.#since.bytes >= this.window.bytes * WAKE_ALL;
    if (isPart) this.#wakeAll();
  }

  #shrink(): void {
    const { entries, bytes } = this.window;
    while (this.#order.length - this.#orderStart > entries || this.#sizeBytes > bytes) this.#dropOldest();
  }

  #dropOldest(): void {
    const lane = this.#order[this.#orderStart++]!;
    const { revision, sizeBytes } = lane.entries.shift()!;
    lane.floor = revision;
    this.#sizeBytes -= sizeBytes;
    if (this.#orderStart <= this.window.entries) return;
    this.#order.splice(0, this.#orderStart);
    this.#orderStart = 0;
  }

  #broken(why: Broken): void {
    this.logger.warn({ why: why.kind }, 'changes may be missing; watches begin again');
    void this.#reset();
  }

  /** C2. */
  #reset(): Promise<void> {
    return (this.#resetting ??= this.#begin().finally(() => {
      this.#resetting = undefined;
    }));
  }

  async #begin(): Promise<void> {
    while (!this.#isStopped) {
      try {
        const { revision, heads } = await this.store.heads();
        this.#epoch++;
        this.#base = revision;
        this.#sequences = [...heads];
        this.#head = revision;
        this.#order.length = 0;
        this.#orderStart = 0;
        this.#sizeBytes = 0;
        for (const lane of this.#lanes.values()) {
          lane.entries = [];
          lane.floor = revision;
          if (lane.states !== undefined) lane.tracking = undefined; // one that is still at it sees the new epoch
          lane.states = undefined;
        }
        this.#wakeAll();
        return;
      } catch (error) {
        this.logger.warn({ err: error }, 'cannot read the revision of the store; trying again');
        await after(500);
      }
    }
  }

  #lane(resource: string): Lane {
    let lane = this.#lanes.get(resource);
    if (lane === undefined) {
      lane = { entries: [], floor: this.#base, states: undefined, tracking: undefined, waits: new Map() };
      this.#lanes.set(resource, lane);
    }
    return lane;
  }

  #wakeAll(): void {
    this.#since = { entries: 0, bytes: 0 };
    for (const lane of this.#lanes.values()) for (const place of [...lane.waits.keys()]) wake(lane, place);
  }
}

function wake({ waits }: Lane, place: string): void {
  waits.get(place)?.resolve();
  waits.delete(place);
}

function placeOf({ namespace, name }: Pick<ObjectKey, 'namespace' | 'name'>): string {
  return `${namespace}/${name}`;
}

interface SelectableParts {
  spec?: { nodeName?: string };
  status?: { phase?: string };
  type?: string;
  reason?: string;
  involvedObject?: object;
}

/** The parts that selectors read, without the rest of the object. */
function selectable(object: KubeObject): Selectable {
  const { metadata, spec, status, type, reason, involvedObject } = object as KubeObject & SelectableParts;
  const { name, namespace, labels } = metadata;
  return {
    metadata: { name, ...(namespace === undefined ? {} : { namespace }), ...(labels === undefined ? {} : { labels }) },
    ...(spec?.nodeName === undefined ? {} : { spec: { nodeName: spec.nodeName } }),
    ...(status?.phase === undefined ? {} : { status: { phase: status.phase } }),
    ...(type === undefined ? {} : { type }),
    ...(reason === undefined ? {} : { reason }),
    ...(involvedObject === undefined ? {} : { involvedObject }),
  };
}

function promiseWithResolver(): PromiseWithResolver {
  let resolve = (): void => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

function after(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
