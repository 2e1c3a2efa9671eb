// Serves the CustomRuns of kind Approval: makes the Approval, waits for its decisions, and says how it ended.
//
//   Q1. Level-triggered: what changed only says where to look; what is stored decides.
//   Q2. One run is worked on by one step at a time.
//   Q3. Every commit carries the fence of the run's shard; timers only wake.

import {
  APPROVALS,
  CUSTOM_RUNS,
  SlipwayError,
  isDone,
  shardOfObject,
  type Approval,
  type CustomRun,
  type KubeObject,
  type Write,
} from '@slipway/contracts';
import type { Cache, CacheChange, Store } from '@slipway/store';
import { approvalStep, isApprovalRun } from '../core/approval.js';
import type { Leases } from './run-turn.js';

export interface ApprovalKeeperOptions {
  cache: Pick<Cache, 'list' | 'onChange'>;
  store: Pick<Store, 'get' | 'commit'>;
  leases: Leases;
  now: () => number;
  logger: { warn(fields: object, message: string): void };
}

const RESYNC_MS = 30_000;
const RETRY_MS = 200;
const MAX_TIMER_MS = 2 ** 31 - 1;

interface Seat {
  isDirty: boolean;
  work: Promise<void> | undefined;
  timer: NodeJS.Timeout | undefined;
}

export class ApprovalKeeper {
  readonly #seats = new Map<string, Seat>();
  #isStopped = false;
  #forget: () => void = () => {};
  #resync: NodeJS.Timeout | undefined;

  constructor(private readonly options: ApprovalKeeperOptions) {}

  start(): void {
    this.#forget = this.options.cache.onChange((change) => this.#onChange(change));
    this.lookAtAll();
    this.#resync = setInterval(() => this.lookAtAll(), RESYNC_MS).unref();
  }

  lookAtAll(): void {
    for (const run of this.options.cache.list<CustomRun>(CUSTOM_RUNS)) {
      if (isApprovalRun(run.spec) && !isDone(run)) this.#touch(run.metadata.namespace ?? '', run.metadata.name);
    }
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#forget();
    clearInterval(this.#resync);
    for (const { timer } of this.#seats.values()) clearTimeout(timer);
    await Promise.all([...this.#seats.values()].map(async ({ work }) => work));
  }

  #onChange({ key, after }: CacheChange): void {
    const isOurs =
      key.resource === APPROVALS ||
      (key.resource === CUSTOM_RUNS && after !== undefined && isApprovalRun((after as CustomRun).spec));
    if (isOurs) this.#touch(key.namespace, key.name); // an Approval bears the name of its run
  }

  #touch(namespace: string, name: string): void {
    if (this.#isStopped) return;
    const key = `${namespace}/${name}`;
    const seat = this.#seats.get(key) ?? { isDirty: false, work: undefined, timer: undefined };
    this.#seats.set(key, seat);
    seat.isDirty = true;
    seat.work ??= this.#work(seat, namespace, name); // Q2
  }

  async #work(seat: Seat, namespace: string, name: string): Promise<void> {
    let wakeAtMs: number | undefined;
    while (seat.isDirty && !this.#isStopped) {
      seat.isDirty = false;
      try {
        wakeAtMs = await this.#step(namespace, name);
      } catch (thrown) {
        const isRaced = thrown instanceof SlipwayError && ['conflict', 'exists', 'not-found'].includes(thrown.kind);
        if (!isRaced) this.options.logger.warn({ run: `${namespace}/${name}`, err: thrown }, 'an approval must wait');
        wakeAtMs = this.options.now() + RETRY_MS;
      }
    }
    seat.work = undefined;
    clearTimeout(seat.timer);
    if (wakeAtMs === undefined || this.#isStopped) {
      this.#seats.delete(`${namespace}/${name}`);
      return;
    }
    const delayMs = Math.min(Math.max(wakeAtMs - this.options.now(), 0), MAX_TIMER_MS);
    seat.timer = setTimeout(() => this.#touch(namespace, name), delayMs).unref();
  }

  /** Answers when to look again, in Unix milliseconds. */
  async #step(namespace: string, name: string): Promise<number | undefined> {
    const { store, leases, now } = this.options;
    const run = await store.get<CustomRun>(CUSTOM_RUNS, namespace, name);
    if (run === undefined || !isApprovalRun(run.spec) || run.metadata.deletionTimestamp !== undefined) return undefined;
    const fence = leases.owns(shardOfObject(run.metadata));
    if (fence === undefined) return undefined;
    const approval = await store.get<Approval>(APPROVALS, namespace, name);
    const { create, status, approvalStatus, wakeAtMs } = approvalStep(run, approval, now());
    const writes: Write[] = [];
    const update = (object: KubeObject): void => void writes.push({ op: 'update-status', object });
    if (create !== undefined) writes.push({ op: 'create', object: create });
    if (status !== undefined) update({ ...run, status } as KubeObject);
    if (approvalStatus !== undefined) update({ ...approval!, status: approvalStatus } as KubeObject);
    if (writes.length > 0) await store.commit({ writes, fence }); // Q3
    return wakeAtMs;
  }
}
