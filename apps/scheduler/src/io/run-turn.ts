// One turn of work on one run: read what is stored, decide once, make it durable.

import {
  msOf,
  PIPELINE_RUNS,
  isDone,
  isManagedElsewhere,
  shardOfObject,
  succeeded,
  type Fence,
  type KubeObject,
  type PipelineRun,
} from '@slipway/contracts';
import type { Cache, RemoteReferences, Store } from '@slipway/store';
import { childKindOf, type ChildObject } from '../core/child-kind.js';
import { ownerOf } from '../core/child-metadata.js';
import {
  cancelledCondition,
  givenUpCondition,
  hasBegun,
  pendingCondition,
  resolvingCondition,
  timedOutCondition,
  type Resolving,
  type RunCondition,
} from '../core/condition.js';
import { cancellationOfAll } from '../core/cancellation.js';
import { decide } from '../core/decide.js';
import type { Decision } from '../core/decision.js';
import { finishedEvent, startedEvent } from '../core/events.js';
import { allowedLagMs, nextStatus, signatureOf, storedSignature } from '../core/next-status.js';
import { RunModel } from '../core/run-model.js';
import { started } from '../core/start-run.js';
import { taskStatus, withCondition } from '../core/status.js';
import { takeoverOf } from '../core/takeover.js';
import { deadlinesOf, pipelineLimit } from '../core/timeouts.js';
import { claimsOf } from '../core/workspaces.js';
import type { Desk } from './desk.js';
import { loadRun } from './load-run.js';
import { RunWriter } from './run-writer.js';

/** Which shards are ours, with the proof. */
export interface Leases {
  owns(shard: number): Fence | undefined;
}

/** What the scheduler counts and times. */
export interface TurnMetrics {
  decided(durationMs: number): void;
  committed(durationMs: number): void;
  /** `durationMs` since its start; undefined for one that never started. */
  finished(condition: Pick<RunCondition, 'status' | 'reason'>, durationMs: number | undefined): void;
}

export interface TurnOptions {
  cache: Pick<Cache, 'get' | 'byOwner'>;
  store: Pick<Store, 'get' | 'list' | 'commit'>;
  remote: Pick<RemoteReferences, 'get'>;
  leases: Leases;
  now: () => number;
  /** Runs of one fanned-out task; Tekton's default where it is not given. */
  maxCombinations?: number;
  metrics: TurnMetrics;
  /** Told of everything that was written, as it is stored now. */
  stored: (desk: Desk, object: KubeObject) => void;
}

/** What the keeper does after a turn: forget the run, or look again at a time. */
export type TurnEnd = { kind: 'closed' } | { kind: 'open'; wakeAtMs: number | undefined };

const CLOSED: TurnEnd = { kind: 'closed' };

/** Decides about one run as it is stored now. After a throw the desk's model must be thrown away. */
export async function turn(desk: Desk, options: TurnOptions): Promise<TurnEnd> {
  const stored = options.cache.get<PipelineRun>(PIPELINE_RUNS, desk.namespace, desk.name);
  if (stored === undefined || isDone(stored) || isManagedElsewhere(stored.spec)) return CLOSED;
  if (stored.metadata.deletionTimestamp !== undefined) return CLOSED; // nothing new for a run that is going away
  desk.shard = shardOfObject(stored.metadata);
  const fence = options.leases.owns(desk.shard);
  if (fence === undefined) return CLOSED;
  if (desk.uid !== stored.metadata.uid) {
    desk.uid = stored.metadata.uid;
    desk.model = undefined;
  }
  const work = new Turn(desk, options, stored, fence);
  const givenUp = givenUpCondition(stored);
  if (givenUp !== undefined) return work.giveUp(givenUp);
  if (stored.spec.status === 'Cancelled') return work.cancel();
  if (stored.spec.status === 'PipelineRunPending' && stored.status?.startTime === undefined) return work.wait();
  return work.advance();
}

class Turn {
  readonly #writer: RunWriter;
  readonly #nowMs: number;

  constructor(
    private readonly desk: Desk,
    private readonly options: TurnOptions,
    private readonly stored: PipelineRun,
    private readonly fence: Fence,
  ) {
    this.#writer = new RunWriter(options.store, (object) => options.stored(desk, object));
    this.#nowMs = options.now();
  }

  /** Needs no pipeline: a run that cannot even be compiled can be cancelled. */
  async cancel(): Promise<TurnEnd> {
    const cancellations = cancellationOfAll(this.#children(), 'cancelled');
    await this.#writer.cancel(this.fence, this.desk.namespace, cancellations, this.#nowMs);
    const tasks = this.desk.model === undefined ? {} : taskStatus(this.desk.model);
    const run = started(this.stored, undefined, this.#nowMs);
    return this.#finish({ ...run, status: { ...run.status, ...tasks } }, cancelledCondition(run));
  }

  /** Needs nothing that may be why the run is given up. */
  async giveUp(condition: RunCondition): Promise<TurnEnd> {
    this.desk.creating = [];
    const cancellations = cancellationOfAll(this.#children(), 'failed');
    await this.#writer.cancel(this.fence, this.desk.namespace, cancellations, this.#nowMs);
    return this.#finish(this.stored, condition);
  }

  async wait(): Promise<TurnEnd> {
    const condition = pendingCondition(this.stored);
    if (succeeded(this.stored)?.reason !== condition.reason) {
      const status = withCondition(this.stored, condition, this.#nowMs);
      await this.#writer.write(this.fence, [], { run: this.stored, status });
    }
    return { kind: 'open', wakeAtMs: undefined };
  }

  async advance(): Promise<TurnEnd> {
    const isFirst = !hasBegun(this.stored);
    let run = this.stored;
    let model = this.desk.model;
    if (model === undefined) {
      const loaded = await loadRun(this.options, this.stored, this.fence);
      if (loaded.kind === 'resolving') return this.#awaitRemote(loaded.reason);
      if (loaded.kind === 'refused') {
        run = started(loaded.run, loaded.source?.spec, this.#nowMs);
        return this.#finish(run, { status: 'False', ...loaded.refusal }, [startedEvent(run, this.#nowMs)]);
      }
      if (isFirst) run = started(loaded.run, loaded.pipeline.spec, this.#nowMs);
      this.desk.changed.clear();
      model = this.desk.model = new RunModel(loaded.pipeline, run, this.#children());
      this.desk.signature = isFirst ? undefined : storedSignature(this.stored);
    } else {
      for (const child of this.desk.changed.values()) model.observe(child);
      this.desk.changed.clear();
    }
    const startMs = performance.now();
    const decision = decide(run, model, this.#nowMs, this.options.maxCombinations);
    this.options.metrics.decided(performance.now() - startMs);
    return decision === undefined ? CLOSED : this.#perform(run, model, decision, isFirst);
  }

  /** Says what the run waits for. The request's answer or the run's deadline brings the next turn. */
  async #awaitRemote(reason: Resolving): Promise<TurnEnd> {
    const run = started(this.stored, undefined, this.#nowMs);
    const { pipelineMs } = deadlinesOf(run);
    if (pipelineMs !== undefined && pipelineMs <= this.#nowMs) {
      return this.#finish(run, timedOutCondition(run, pipelineLimit(run)), [startedEvent(run, this.#nowMs)]);
    }
    if (succeeded(this.stored)?.reason !== reason && !hasBegun(this.stored)) {
      const status = withCondition(run, resolvingCondition(run, reason), this.#nowMs);
      await this.#commit([], { run, status });
    }
    return { kind: 'open', wakeAtMs: pipelineMs };
  }

  async #perform(run: PipelineRun, model: RunModel, decision: Decision, isFirst: boolean): Promise<TurnEnd> {
    const nowMs = this.#nowMs;
    await this.#writer.cancel(this.fence, this.desk.namespace, decision.cancel, nowMs);
    for (const child of await this.#writer.giveUp(this.fence, this.desk.namespace, decision.giveUp, nowMs)) {
      this.desk.changed.set(`${childKindOf(child)!.resource}/${child.metadata.name}`, child);
      this.desk.isDirty = true; // what we write ourselves does not come back as a change
    }
    const isFinal = decision.condition.status !== 'Unknown';
    const signature = signatureOf(model, decision.condition);
    const dueMs = this.desk.writtenMs + allowedLagMs(model.states.length);
    const isStale = signature !== this.desk.signature || decision.startsFinally;
    const mustWrite = isFirst || isFinal || decision.startsFinally || (isStale && dueMs <= nowMs);
    const next = mustWrite ? nextStatus(run, model, decision, nowMs) : undefined;
    const create = [
      ...(isFirst ? claimsOf(run, model.pipeline, ownerOf(run)) : []),
      ...(isFirst ? [startedEvent(run, nowMs)] : []),
      ...(next !== undefined && isFinal ? [finishedEvent(run, next.condition, nowMs)] : []),
      ...decision.create,
    ];
    const shared = isFirst ? (takeoverOf(run)?.claims ?? []) : [];
    await this.#writer.share(
      this.fence,
      run,
      shared.map(({ claimName }) => claimName),
    );
    if (create.length > 0 || next !== undefined) {
      this.desk.creating = decision.create.map((child) => ({
        resource: childKindOf(child)!.resource,
        name: child.metadata.name,
      }));
      await this.#commit(create, next === undefined ? undefined : { run, status: next.status });
      this.desk.creating = [];
    }
    if (next !== undefined) {
      this.desk.signature = signature;
      this.desk.writtenMs = nowMs;
    }
    if (isFinal) {
      this.options.metrics.finished(next?.condition ?? decision.condition, durationOf(run, nowMs));
      return CLOSED;
    }
    const lagging = next === undefined && isStale ? dueMs : Infinity;
    const wakeAtMs = Math.min(decision.wakeAtMs ?? Infinity, lagging);
    return { kind: 'open', wakeAtMs: wakeAtMs === Infinity ? undefined : wakeAtMs };
  }

  async #finish(run: PipelineRun, condition: RunCondition, events: KubeObject[] = []): Promise<TurnEnd> {
    const create = [...events, finishedEvent(run, condition, this.#nowMs)];
    await this.#commit(create, { run, status: withCondition(run, condition, this.#nowMs) });
    this.options.metrics.finished(condition, durationOf(run, this.#nowMs));
    return CLOSED;
  }

  async #commit(create: readonly KubeObject[], status: Parameters<RunWriter['write']>[2]): Promise<void> {
    const startMs = performance.now();
    await this.#writer.write(this.fence, create, status);
    this.options.metrics.committed(performance.now() - startMs);
  }

  #children(): ChildObject[] {
    const owned = this.options.cache.byOwner(this.stored.metadata.uid ?? '');
    return owned.filter((object): object is ChildObject => childKindOf(object) !== undefined);
  }
}

function durationOf({ status }: PipelineRun, nowMs: number): number | undefined {
  const startMs = msOf(status?.startTime);
  return startMs === undefined ? undefined : Math.max(0, nowMs - startMs);
}
