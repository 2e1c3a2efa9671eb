// Serves the CustomRuns of kind Approval: makes the Approval, waits for its decisions, and says how it ended.
//
//   Q1. Level-triggered: what changed only says where to look; what is stored decides.
//   Q2. Every commit carries the fence of the run's shard.

import {
  APPROVALS,
  CUSTOM_RUNS,
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
import { Turns } from './turns.js';

export interface ApprovalKeeperOptions {
  cache: Pick<Cache, 'list' | 'onChange'>;
  store: Pick<Store, 'get' | 'commit'>;
  leases: Leases;
  now: () => number;
  logger: { warn(fields: object, message: string): void };
}

const RESYNC_MS = 30_000;
export class ApprovalKeeper {
  readonly #turns: Turns;
  #forget: () => void = () => {};
  #resync: NodeJS.Timeout | undefined;

  constructor(private readonly options: ApprovalKeeperOptions) {
    const { now, logger } = options;
    this.#turns = new Turns({ turn: (namespace, name) => this.#step(namespace, name), now, logger });
  }

  start(): void {
    this.#forget = this.options.cache.onChange((change) => this.#onChange(change));
    this.lookAtAll();
    this.#resync = setInterval(() => this.lookAtAll(), RESYNC_MS).unref();
  }

  lookAtAll(): void {
    for (const run of this.options.cache.list<CustomRun>(CUSTOM_RUNS)) {
      if (isApprovalRun(run.spec) && !isDone(run)) this.#turns.ask(run.metadata.namespace ?? '', run.metadata.name);
    }
  }

  async stop(): Promise<void> {
    this.#forget();
    clearInterval(this.#resync);
    await this.#turns.stop();
  }

  #onChange({ key, after }: CacheChange): void {
    const isOurs =
      key.resource === APPROVALS ||
      (key.resource === CUSTOM_RUNS && after !== undefined && isApprovalRun((after as CustomRun).spec));
    if (isOurs) this.#turns.ask(key.namespace, key.name); // an Approval bears the name of its run
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
    if (writes.length > 0) await store.commit({ writes, fence }); // Q2
    return wakeAtMs;
  }
}
