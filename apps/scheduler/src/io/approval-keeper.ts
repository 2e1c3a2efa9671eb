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
import type { CacheChange } from '@slipway/store';
import { approvalStep, isApprovalRun } from '../core/approval.js';
import { Turns, type KeeperOptions } from './turns.js';

export class ApprovalKeeper {
  readonly #turns: Turns;

  constructor(private readonly options: KeeperOptions) {
    const { now, logger } = options;
    this.#turns = new Turns({ turn: (namespace, name) => this.#step(namespace, name), now, logger });
  }

  start(): void {
    this.#turns.follow(this.options.cache, concerns, () => this.lookAtAll());
  }

  lookAtAll(): void {
    for (const run of this.options.cache.list<CustomRun>(CUSTOM_RUNS)) {
      if (isApprovalRun(run.spec) && !isDone(run)) this.#turns.ask(run.metadata.namespace ?? '', run.metadata.name);
    }
  }

  stop(): Promise<void> {
    return this.#turns.stop();
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

/** Whether a change is about one of ours: an Approval bears the name of its run. */
function concerns({ key, after }: CacheChange): boolean {
  return (
    key.resource === APPROVALS ||
    (key.resource === CUSTOM_RUNS && after !== undefined && isApprovalRun((after as CustomRun).spec))
  );
}
