// Runs of an installed Tekton's API that say `managedBy: slipway.dev`, brought into the store, and what becomes of them back.
//
//   B1. Level-triggered: whatever happens under a name, in the cluster or in the store, asks to look at it; what is done
//       follows from both states (core/bridge/next-step.ts). What was never told is found by the slow look.
//   B2. Nothing is written over a state that was not seen: every write names the uid or the version that it is about. So
//       two bridges at once, or one that stood still for an hour, do no harm; that there is one at a time is thrift.
//   B3. A run is deleted here only when the cluster, asked for just that, does not have it any more.
//   B4. A status that changes fast is written at most once in `PACE_MS`, its end at once.
//   B5. What the cluster refuses because it is not as we know it is read anew before the next try.

import type { BusLogger } from '@slipway/bus';
import { followCollection, type ClusterClient } from '@slipway/cluster';
import {
  LABELS,
  SlipwayError,
  isDone,
  resourceKindOf,
  resourceNameOf,
  timeOf,
  type ObjectKey,
} from '@slipway/contracts';
import { SerialQueue } from '@slipway/service';
import type { AdmissionLimits } from '../../core/admission/limits.js';
import {
  BRIDGED,
  FINALIZER,
  asShown,
  clusterRunOf,
  isManagedHere,
  keyOfText,
  keyText,
  parentOf,
  refusedStatus,
  shownUid,
  wishOf,
  withWish,
  type BridgedRun,
} from '../../core/bridge/bridged-run.js';
import { nextStep, type Place, type Step } from '../../core/bridge/next-step.js';
import type { Garbage } from '../garbage.js';
import type { ObjectStore } from '../object-store.js';
import { objectOf } from '../owner-tree.js';
import type { Entry, WatchCache } from '../watch-cache.js';
import { writesOf } from './admission.js';
import { ClusterRuns, isKind, pathOfAll } from './cluster-runs.js';
import { SeenRuns } from './seen-runs.js';

export interface BridgePorts {
  client: Pick<ClusterClient, 'request' | 'lines'>;
  store: Pick<ObjectStore, 'get' | 'getMany' | 'list' | 'listByOwner' | 'commit' | 'becomeSole'>;
  cache: Pick<WatchCache, 'onEntry'>;
  garbage: Pick<Garbage, 'delete'>;
  limits: AdmissionLimits;
  logger: BusLogger;
  nowMs: () => number;
  /** Told about every step that was done, and about `failed` ones. Must not throw. */
  onStep?: (step: Step['kind'] | 'failed') => void;
}

const CONCURRENCY = 8;
const PACE_MS = 1_000;
/** Steps in a row under one name, before others have their turn. */
const MAX_STEPS = 8;
/** How often everything that is not over is looked at, in case something was not told. */
const LOOK_MS = 60_000;
/** And at what is stored, of which the cluster may have nothing any more. */
const LOOK_AT_STORED_MS = 10 * 60_000;
const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 30_000;
/** Others write, too: only a race that is lost this often is worth a line. */
const QUIET_RACES = 5;

/** The time in which this replica is the one. */
export class BridgeTurn {
  readonly #cluster: ClusterRuns;
  readonly #seen = new SeenRuns();
  readonly #listed = new Set<string>();
  readonly #queue: SerialQueue;

  constructor(
    private readonly ports: BridgePorts,
    private readonly signal: AbortSignal,
  ) {
    this.#cluster = new ClusterRuns(ports.client);
    this.#queue = new SerialQueue({
      concurrency: CONCURRENCY,
      handle: (key) => this.#look(keyOfText(key)),
      onError: (key, thrown, attempt) => this.#pauseMs(key, thrown, attempt),
    });
  }

  get size(): number {
    return this.#seen.size;
  }

  /** Until it is over. */
  async run(): Promise<void> {
    const { signal } = this;
    const stored = (): void => this.#do('what is stored of the cluster', () => this.#lookAtStored());
    const timers = [
      setInterval(() => this.#lookAtAll(), LOOK_MS).unref(),
      setInterval(stored, LOOK_AT_STORED_MS).unref(),
    ];
    this.ports.logger.info({}, 'runs of the cluster with managedBy slipway.dev are served from here');
    const following = BRIDGED.map((resource) =>
      followCollection<BridgedRun>(this.ports.client, pathOfAll(resource), {
        onList: (objects) => this.#list(resource, objects),
        onChange: (object, isGone) => this.#ask(this.#seen.change(resource, object, isGone)),
        onError: (err) => this.ports.logger.warn({ err, resource }, 'runs of the cluster are not seen; trying again'),
        signal,
      }),
    );
    await Promise.all(following);
    for (const timer of timers) clearInterval(timer);
    await this.#queue.stop();
  }

  /** A change in the store. */
  see({ key, object }: Pick<Entry, 'key'> & Partial<Pick<Entry, 'object'>>): void {
    if (!(BRIDGED as readonly string[]).includes(key.resource)) return;
    if (object === undefined || clusterRunOf(object) !== undefined) this.#ask(key);
  }

  /** Before both sides of a name are known, nothing follows from one. */
  #ask(key: ObjectKey | undefined): void {
    if (key !== undefined && this.#listed.size === BRIDGED.length) this.#queue.add(keyText(key));
  }

  #list(resource: string, objects: readonly BridgedRun[]): void {
    const before = this.#seen.list(resource, objects);
    this.#listed.add(resource);
    for (const key of before) this.#ask(key);
    this.#lookAtAll();
    this.#do('what is stored of the cluster', () => this.#lookAtStored());
  }

  #lookAtAll(): void {
    for (const key of this.#seen.unsettled()) this.#ask(key);
  }

  /** What went in the cluster while nobody looked is known from what is stored. */
  async #lookAtStored(): Promise<void> {
    for (const resource of BRIDGED) {
      let token: string | undefined;
      do {
        const page = await this.ports.store.list({
          resource,
          labelSelector: LABELS.clusterRun,
          limit: 500,
          ...(token === undefined ? {} : { continue: token }),
        });
        for (const { key } of page.items) if (!this.#seen.isSettled(key)) this.#ask(key);
        token = page.continue;
      } while (token !== undefined && !this.signal.aborted);
    }
  }

  #do(what: string, work: () => Promise<void>): void {
    void work().catch((err: unknown) => {
      this.ports.logger.warn({ err, what }, 'could not be read; trying again');
      if (!this.signal.aborted) setTimeout(() => this.#do(what, work), LAST_RETRY_MS).unref();
    });
  }

  #pauseMs(key: string, thrown: unknown, attempt: number): number {
    const isRace = isOutdated(thrown) || isKind(thrown, 'exists');
    if (!isRace || attempt > QUIET_RACES) {
      this.ports.onStep?.('failed');
      this.ports.logger.warn({ err: thrown, key }, 'a run of the cluster waits; trying again');
    }
    const asked = thrown instanceof SlipwayError ? (thrown.retryAfterMs ?? 0) : 0;
    return Math.max(asked, Math.min(FIRST_RETRY_MS * 2 ** (attempt - 1), LAST_RETRY_MS));
  }

  /** B1 */
  async #look(key: ObjectKey): Promise<void> {
    for (let steps = 0; steps < MAX_STEPS && !this.signal.aborted; steps++) {
      const place = await this.#placeOf(key);
      const step = nextStep(place);
      if (step.kind === 'rest') return;
      try {
        if (!(await this.#take(step, key, place))) return;
      } catch (error) {
        if (isOutdated(error)) await this.#readAnew(key); // B5
        throw error;
      }
      this.ports.onStep?.(step.kind);
    }
    this.#ask(key);
  }

  async #placeOf(key: ObjectKey): Promise<Place> {
    const found = await this.ports.store.get(key);
    const stored = found === undefined ? undefined : (objectOf(found) as BridgedRun);
    return {
      cluster: this.#seen.get(key),
      stored,
      parentUid: stored === undefined ? undefined : this.#parentUid(stored),
      isTold: this.#seen.isTold(key, stored),
    };
  }

  #parentUid(stored: BridgedRun): string | undefined {
    const owner = parentOf(stored);
    const kind = owner === undefined ? undefined : resourceKindOf(owner.apiVersion, owner.kind);
    if (owner === undefined || kind === undefined) return undefined;
    const namespace = stored.metadata.namespace ?? '';
    const parent = this.#seen.get({ resource: resourceNameOf(kind), namespace, name: owner.name });
    if (parent === undefined || isGoing(parent)) return undefined;
    const shown = shownUid(parent);
    const isSame = shown === undefined ? parent.metadata.uid === clusterRunOf(stored) : shown === owner.uid;
    return isSame ? parent.metadata.uid : undefined;
  }

  async #readAnew(key: ObjectKey): Promise<BridgedRun | undefined> {
    const before = this.#seen.get(key);
    const there = await this.#cluster.get<BridgedRun>(key);
    this.#seen.replace(key, before, there);
    return there;
  }

  /** Answers whether to go on with the next step now. */
  async #take(step: Exclude<Step, { kind: 'rest' }>, key: ObjectKey, place: Place): Promise<boolean> {
    const { store } = this.ports;
    const cluster = place.cluster!;
    const stored = place.stored!;
    switch (step.kind) {
      case 'store':
        await this.#store(key, cluster);
        return true;
      case 'refuse':
        await this.#refuse(key, cluster, step.reason, step.message);
        return true;
      case 'follow': {
        const object: BridgedRun = { ...stored, spec: withWish(stored.spec, wishOf(cluster)) };
        await store.commit({ writes: [{ op: 'update', object }] });
        return true;
      }
      case 'write-status':
        return this.#tell(key, cluster, stored);
      case 'delete-stored':
        await this.#deleteStored(key, stored);
        return true;
      case 'release':
        await this.#release(key, stored);
        return true;
      case 'show':
        this.#seen.replace(key, undefined, await this.#cluster.create(key, asShown(stored, place.parentUid!)));
        // What it started meanwhile waits for it.
        for (const child of await store.listByOwner(stored.metadata.uid!)) this.see({ key: child.key });
        return true;
      case 'delete-shown':
        await this.#cluster.delete(key, cluster.metadata.uid!);
        return false; // the watch tells
    }
  }

  async #store(key: ObjectKey, cluster: BridgedRun): Promise<void> {
    try {
      const writes = await writesOf(cluster, key, this.#cluster, this.ports.store, this.ports.limits);
      await this.ports.store.commit({ writes });
    } catch (error) {
      if (!isKind(error, 'invalid')) throw error;
      await this.#refuse(key, cluster, 'InvalidRun', (error as SlipwayError).message);
    }
  }

  async #refuse(key: ObjectKey, cluster: BridgedRun, reason: string, message: string): Promise<void> {
    const status = refusedStatus(cluster, reason, message, timeOf(this.ports.nowMs()));
    this.#seen.replace(key, cluster, await this.#cluster.writeStatus(key, cluster, status));
  }

  async #tell(key: ObjectKey, cluster: BridgedRun, stored: BridgedRun): Promise<boolean> {
    const nowMs = this.ports.nowMs();
    const dueMs = this.#seen.writtenMs(key) + PACE_MS;
    if (!isDone(stored) && nowMs < dueMs) {
      this.#queue.addAt(keyText(key), dueMs, nowMs); // B4
      return false;
    }
    const written = await this.#cluster.writeStatus(key, cluster, stored.status);
    this.#seen.replace(key, cluster, written);
    this.#seen.tell(key, stored, written, nowMs);
    return true;
  }

  async #deleteStored(key: ObjectKey, stored: BridgedRun): Promise<void> {
    const there = await this.#readAnew(key); // B3
    const isSame = there?.metadata.uid === clusterRunOf(stored);
    if (there !== undefined && isSame && isManagedHere(there) && !isGoing(there)) return;
    await this.ports.garbage.delete(key, 'Background', { uid: stored.metadata.uid! }).catch((error: unknown) => {
      if (!isKind(error, 'not-found')) throw error;
    });
  }

  /** What the scheduler made of it since it was marked goes first; a commit of the scheduler in between is a conflict. */
  async #release(key: ObjectKey, stored: BridgedRun): Promise<void> {
    const { store, garbage } = this.ports;
    const uid = stored.metadata.uid!;
    if ((await store.listByOwner(uid)).length > 0) await garbage.delete(key, 'Background', { uid });
    const finalizers = (stored.metadata.finalizers ?? []).filter((name) => name !== FINALIZER);
    const object: BridgedRun = { ...stored, metadata: { ...stored.metadata, finalizers } };
    await store.commit({ writes: [{ op: 'update', object }] });
  }
}

function isGoing({ metadata }: BridgedRun): boolean {
  return metadata.deletionTimestamp !== undefined;
}

function isOutdated(error: unknown): boolean {
  return isKind(error, 'conflict') || isKind(error, 'not-found');
}
