// A scheduler between a store in memory and controllers that end every TaskRun and CustomRun at once.

import { setTimeout as sleep } from 'node:timers/promises';
import {
  CUSTOM_RUN_CANCELLED,
  PIPELINE_RUNS,
  TASK_RUNS,
  isDone,
  type AdmitRequest,
  type CustomRun,
  type KubeObject,
  type PipelineRun,
  type PipelineRunSpec,
  type TaskRun,
} from '@slipway/contracts';
import { RemoteReferences } from '@slipway/store';
import { RunKeeper } from '../src/io/run-keeper.js';
import { slim } from '../src/io/slim.js';
import { ended, type End } from './builders.js';
import { MemoryCache, MemoryStore } from '@slipway/testing';

type Executed = TaskRun | CustomRun;
const CANCEL_STATUS: Record<string, string> = { TaskRun: 'TaskRunCancelled', CustomRun: CUSTOM_RUN_CANCELLED };

export class World {
  readonly store = new MemoryStore();
  /** Names of TaskRuns and CustomRuns in the order in which they were created. */
  readonly created: string[] = [];
  readonly failures: string[] = [];
  nowMs: () => number = Date.now;
  owns = true;
  /** Results of a run that ends. */
  resultsOf: (name: string) => Record<string, string> = () => ({});
  /** The registry's door for fetched documents. */
  admit: (request: AdmitRequest) => KubeObject = ({ document }) => JSON.parse(document) as KubeObject;
  /** False: controllers that do not react when they are asked to cancel. */
  heedsCancel = true;
  #keeper: RunKeeper | undefined;
  #cache: MemoryCache | undefined;

  constructor(readonly endOf: (name: string) => End = () => 'succeeded') {
    this.store.follow(({ before, after }) => {
      if (after?.kind !== 'TaskRun' && after?.kind !== 'CustomRun') return;
      if (before === undefined) this.created.push(after.metadata.name);
      if (!isDone(after as Executed)) void this.#execute(after as Executed);
    });
  }

  async #execute(child: Executed): Promise<void> {
    await sleep(1);
    const isCancelled = child.spec.status === CANCEL_STATUS[child.kind];
    const end = isCancelled && this.heedsCancel ? 'cancelled' : this.endOf(child.metadata.name);
    if (end === 'running') return;
    const object = ended(child, end, this.resultsOf(child.metadata.name));
    await this.store.commit({ writes: [{ op: 'update-status', object }] }).catch(() => {});
  }

  start(): void {
    this.#cache = new MemoryCache(this.store, slim);
    const none = (): void => {};
    this.#keeper = new RunKeeper({
      cache: this.#cache,
      store: this.store,
      remote: new RemoteReferences(this.store, (request) => Promise.resolve(this.admit(request))),
      leases: { owns: (shard) => (this.owns ? { service: 'scheduler', shard, token: 1 } : undefined) },
      now: () => this.nowMs(),
      metrics: { decided: none, committed: none, finished: none },
      logger: { warn: none, error: none },
      failed: (reason) => this.failures.push(reason),
    });
    this.#keeper.start();
  }

  get running(): number {
    return this.#keeper!.running;
  }

  /** As after `kill -9`: what was in hand may have been written or not, and nothing in memory is left. */
  async restart(): Promise<void> {
    await this.stop();
    this.start();
  }

  async stop(): Promise<void> {
    this.#cache?.stop();
    await this.#keeper?.stop();
  }

  async create(object: KubeObject): Promise<void> {
    await this.store.commit({ writes: [{ op: 'create', object }] });
  }

  createRun(name: string, spec: PipelineRunSpec): Promise<void> {
    const metadata = { name, namespace: 'ns', creationTimestamp: new Date().toISOString() };
    return this.create({ apiVersion: 'tekton.dev/v1', kind: 'PipelineRun', metadata, spec } as KubeObject);
  }

  run(name: string): PipelineRun | undefined {
    return this.store.objects.get(`${PIPELINE_RUNS}/ns/${name}`) as PipelineRun | undefined;
  }

  /** Asks a run to end, as a user does. */
  async ask(name: string, status: string): Promise<void> {
    const run = this.run(name)!;
    await this.store.commit({
      writes: [{ op: 'update', object: { ...run, spec: { ...run.spec, status } } as KubeObject }],
    });
  }

  /** Lets the controller of a TaskRun that has not ended look at it again. */
  async poke(name: string): Promise<void> {
    await this.#execute(this.store.objects.get(`${TASK_RUNS}/ns/${name}`) as TaskRun);
  }

  async done(name: string, deadlineMs = 10_000): Promise<PipelineRun> {
    const endMs = Date.now() + deadlineMs;
    for (;;) {
      const run = this.run(name);
      if (run !== undefined && isDone(run)) return run;
      if (Date.now() > endMs) throw new Error(`${name} did not end: ${JSON.stringify(run?.status?.conditions)}`);
      await sleep(2);
    }
  }
}
