// Removes finished runs that have had their time, by the RetentionPolicies of their namespaces.
//
//   Each replica looks after all of them: a run that two remove is gone once, and the other one finds nothing.
//   A namespace without a policy costs nothing, not even memory.

import {
  BUILDS,
  CUSTOM_RUNS,
  PIPELINE_RUNS,
  RETENTION_POLICIES,
  SlipwayError,
  TASK_RUNS,
  allowancesOf,
  type Allowances,
  type KubeObject,
  type ResourceName,
  type RetentionPolicy,
  type RetentionPolicySpec,
} from '@slipway/contracts';
import type { BusLogger } from '@slipway/bus';
import { FinishedRuns, finishedRun, type FinishedRun } from '../core/retention.js';
import type { Garbage } from './garbage.js';
import type { ObjectStore, StoredObject } from './object-store.js';
import type { Entry, WatchCache } from './watch-cache.js';

const RUNS: readonly ResourceName[] = [PIPELINE_RUNS, TASK_RUNS, CUSTOM_RUNS, BUILDS];
const PAGE = 500;
/** Removed in a row before other namespaces have their turn. */
const BATCH = 50;
const RETRY_MS = 30_000;
const MAX_TIMER_MS = 24 * 3_600_000;

interface Namespace {
  allowances: Allowances;
  runs: FinishedRuns;
  timer: NodeJS.Timeout | undefined;
  timerMs: number;
  /** Something failed: nothing but its timer wakes it. */
  isWaiting: boolean;
}

export class Retention {
  /** By name; those whose policies let something go. */
  readonly #namespaces = new Map<string, Namespace>();
  #work: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(
    private readonly store: ObjectStore,
    private readonly cache: WatchCache,
    private readonly garbage: Garbage,
    private readonly logger: BusLogger,
    private readonly nowMs: () => number,
    /** Of namespaces that have no policy of their own. */
    private readonly fallback: RetentionPolicySpec | undefined,
  ) {}

  /** Reads the policies, and the runs of their namespaces, and looks after them from then on. Does not wait for either. */
  start(): void {
    this.cache.onEntry((entry) => this.#see(entry));
    this.#do('the policies that are there', () => this.#readAll());
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const { timer } of this.#namespaces.values()) clearTimeout(timer);
    await this.#work;
  }

  #see(entry: Entry): void {
    const { resource, namespace } = entry.key;
    if (resource === RETENTION_POLICIES) this.#do(`policies of ${namespace}`, () => this.#readPolicies(namespace));
    if (!RUNS.includes(resource)) return;
    const known = this.#namespaces.get(namespace);
    if (known === undefined) {
      if (this.fallback !== undefined) this.#do(`runs of ${namespace}`, () => this.#readPolicies(namespace));
      return;
    }
    if (entry.type === 'DELETED') return known.runs.drop(entry.uid);
    if (entry.object !== undefined) return this.#keep(namespace, known, entry, entry.object);
    this.#do(`a run of ${namespace}`, async () => {
      const object = await this.cache.load(entry);
      if (object !== undefined) this.#keep(namespace, known, entry, object);
    });
  }

  #keep(namespace: string, known: Namespace, { key }: Pick<Entry, 'key'>, object: KubeObject): void {
    const run = finishedRun(key, object);
    if (run === undefined) return known.runs.drop(object.metadata.uid ?? '');
    known.runs.put(run);
    this.#arm(namespace, known);
  }

  async #readAll(): Promise<void> {
    const names = new Set<string>();
    for (const resource of this.fallback === undefined ? [RETENTION_POLICIES] : [RETENTION_POLICIES, ...RUNS]) {
      for await (const { key } of this.#list(resource)) names.add(key.namespace);
    }
    for (const name of names) await this.#readPolicies(name);
  }

  async #readPolicies(name: string): Promise<void> {
    const policies: RetentionPolicySpec[] = [];
    for await (const { text } of this.#list(RETENTION_POLICIES, name))
      policies.push((JSON.parse(text) as RetentionPolicy).spec);
    const allowances = allowancesOf(policies.length > 0 || this.fallback === undefined ? policies : [this.fallback]);
    const known = this.#namespaces.get(name);
    if (allowances === undefined) {
      clearTimeout(known?.timer);
      this.#namespaces.delete(name);
      return;
    }
    const next = known ?? {
      allowances,
      runs: new FinishedRuns(),
      timer: undefined,
      timerMs: Infinity,
      isWaiting: false,
    };
    next.allowances = allowances;
    this.#namespaces.set(name, next); // before the runs are read: those that end meanwhile are seen
    if (known === undefined) {
      for (const resource of RUNS) {
        for await (const { key, text } of this.#list(resource, name)) {
          const run = finishedRun(key, JSON.parse(text) as KubeObject);
          if (run !== undefined) next.runs.put(run); // what goes on here may have been seen to end by now
        }
      }
    }
    this.#arm(name, next);
  }

  /** Wakes when the next run is due. */
  #arm(name: string, known: Namespace): void {
    const dueMs = known.runs.nextDueMs(known.allowances);
    if (dueMs === known.timerMs || known.isWaiting || this.#isStopped) return;
    clearTimeout(known.timer);
    known.timerMs = dueMs;
    if (dueMs === Infinity) return;
    const delayMs = Math.min(Math.max(dueMs - this.nowMs(), 0), MAX_TIMER_MS);
    known.timer = setTimeout(() => {
      known.timerMs = Infinity;
      this.#do(`runs of ${name}`, () => this.#look(name));
    }, delayMs).unref();
  }

  async #look(name: string): Promise<void> {
    const known = this.#namespaces.get(name);
    if (known === undefined || this.#isStopped) return;
    known.isWaiting = false;
    const due = known.runs.take(known.allowances, this.nowMs(), BATCH);
    for (const [index, run] of due.entries()) {
      try {
        await this.#remove(run);
      } catch (error) {
        for (const left of due.slice(index)) known.runs.put(left);
        known.isWaiting = true;
        throw error;
      }
    }
    this.#arm(name, known);
  }

  async #remove({ key, uid }: FinishedRun): Promise<void> {
    const stored = await this.store.get(key);
    // What it says now: it may be another run of the name, or somebody wants to keep it.
    if (stored?.uid !== uid || finishedRun(key, JSON.parse(stored.text) as KubeObject) === undefined) return;
    try {
      await this.garbage.delete(key, 'Background', { uid });
      this.logger.info({ key }, 'a run had its time and was removed');
    } catch (error) {
      if (!(error instanceof SlipwayError && (error.kind === 'not-found' || error.kind === 'conflict'))) throw error;
    }
  }

  async *#list(resource: ResourceName, namespace?: string): AsyncGenerator<StoredObject> {
    let token: string | undefined;
    do {
      const page = await this.store.list({
        resource,
        limit: PAGE,
        ...(namespace === undefined ? {} : { namespace }),
        ...(token === undefined ? {} : { continue: token }),
      });
      yield* page.items;
      token = page.continue;
    } while (token !== undefined && !this.#isStopped);
  }

  /** One after another; what fails is done again. */
  #do(what: string, work: () => Promise<void>): void {
    this.#work = this.#work.then(work).catch((error: unknown) => {
      this.logger.warn({ err: error, what }, 'finished runs could not be looked at; trying again soon');
      if (!this.#isStopped) setTimeout(() => this.#do(what, work), RETRY_MS).unref();
    });
  }
}
