// Decisions made durable: commits with the fence of the shard's lease.
//
//   W1. What must not happen twice is created by name: a commit that is repeated fails with `exists`, and changes nothing.
//   W2. The commit that says that a task has started creates its run, or comes after the one that did.
//   W3. Nothing is written without the fence: a scheduler that lost its shard cannot write into it any more.

import {
  PERSISTENT_VOLUME_CLAIMS,
  SlipwayError,
  isDone,
  timeOf,
  type CommitReply,
  type Fence,
  type KubeObject,
  type PipelineRun,
  type PipelineRunStatus,
  type Write,
} from '@slipway/contracts';
import type { Store } from '@slipway/store';
import { askedStrength, causeTextOf, strengthOf, type ChildObject } from '../core/child-kind.js';
import { ownerOf } from '../core/child-metadata.js';
import type { ChildRun } from '../core/child-run.js';
import type { Cancellation } from '../core/cancellation.js';
import type { Overdue } from '../core/overdue.js';
import { Limiter } from './limiter.js';

/** Bounds of one commit: it travels as one message, and holds the database's write lock while it is done. */
const MAX_WRITES = 64;
const MAX_BYTES = 512 * 1024;
const PARALLEL_COMMITS = 4;
const CANCEL_TRIES = 10;

export class RunWriter {
  constructor(
    private readonly store: Pick<Store, 'commit' | 'get'>,
    /** Told of everything as it is stored now. */
    private readonly stored: (object: KubeObject) => void,
  ) {}

  /** Creates what a decision creates, with the run's new status where there is one. */
  async write(
    fence: Fence,
    create: readonly KubeObject[],
    status: { run: PipelineRun; status: PipelineRunStatus } | undefined,
  ): Promise<void> {
    const [first = [], ...rest] = chunks(create);
    const writes: Write[] = first.map((object) => ({ op: 'create', object }));
    if (status !== undefined) {
      writes.push({ op: 'update-status', object: { ...status.run, status: status.status } as KubeObject });
    }
    if (writes.length > 0) await this.#commit(fence, writes);
    const limiter = new Limiter(PARALLEL_COMMITS);
    await allEnded(
      rest.map((chunk) =>
        limiter.run(() =>
          this.#commit(
            fence,
            chunk.map((object) => ({ op: 'create', object })),
          ),
        ),
      ),
    );
  }

  /** Asks for the end of children. One that has ended meanwhile, or was asked as strongly, is left alone. */
  async cancel(fence: Fence, namespace: string, cancellations: readonly Cancellation[], nowMs: number): Promise<void> {
    const limiter = new Limiter(PARALLEL_COMMITS);
    await allEnded(
      cancellations.map((cancellation) => limiter.run(() => this.#cancelOne(fence, namespace, cancellation, nowMs))),
    );
  }

  async #cancelOne(fence: Fence, namespace: string, cancellation: Cancellation, nowMs: number): Promise<void> {
    const { kind, name, mode, cause } = cancellation;
    const status = kind.asks[mode];
    if (status === undefined) return;
    for (let attempt = 1; ; attempt++) {
      const child = await this.store.get<ChildObject>(kind.resource, namespace, name);
      if (child === undefined || isDone(child) || askedStrength(kind, child) >= strengthOf(mode)) return;
      const object = kind.asked(child, status, causeTextOf(kind, cause), nowMs);
      try {
        return await this.#commit(fence, [{ op: 'update', object }]);
      } catch (thrown) {
        // Its controller wrote its status in between. Not for ever: that would be a writer that never rests.
        if (!isConflict(thrown) || attempt >= CANCEL_TRIES) throw thrown;
      }
    }
  }

  /** Makes the run an owner of claims that another run made, so that they stay as long as either does. */
  async share(fence: Fence, run: PipelineRun, claimNames: readonly string[]): Promise<void> {
    const { apiVersion, kind, name, uid } = ownerOf(run); // a claim has one controller: the run that made it
    for (const claimName of claimNames) {
      const claim = await this.store.get<KubeObject>(PERSISTENT_VOLUME_CLAIMS, run.metadata.namespace ?? '', claimName);
      if (claim === undefined || claim.metadata.ownerReferences?.some((owner) => owner.uid === uid) === true) continue;
      const ownerReferences = [...(claim.metadata.ownerReferences ?? []), { apiVersion, kind, name, uid }];
      const object = { ...claim, metadata: { ...claim.metadata, ownerReferences } };
      await this.#commit(fence, [{ op: 'update', object }]);
    }
  }

  /** Ends children whose controller does not answer, in its place, and gives those that had not ended meanwhile. */
  async giveUp(fence: Fence, namespace: string, children: readonly ChildRun[], nowMs: number): Promise<ChildObject[]> {
    const given: ChildObject[] = [];
    for (const { kind, name, overdue } of children) {
      await this.#cancelOne(fence, namespace, { kind, name, mode: 'cancel', cause: 'timed-out' }, nowMs);
      const child = await this.store.get<ChildObject>(kind.resource, namespace, name);
      if (overdue === undefined || child === undefined || isDone(child)) continue;
      const ended = endedAs(child, overdue, nowMs);
      await this.#commit(fence, [{ op: 'update-status', object: ended }]);
      given.push(ended);
    }
    return given;
  }

  async #commit(fence: Fence, writes: Write[]): Promise<void> {
    const reply: CommitReply = await this.store.commit({ writes, fence }); // W3
    for (const object of reply.objects) if (object !== null) this.stored(object);
  }
}

function endedAs(child: ChildObject, { reason, message }: Overdue, nowMs: number): ChildObject {
  const now = timeOf(nowMs);
  const conditions = [{ type: 'Succeeded', status: 'False' as const, reason, message, lastTransitionTime: now }];
  return { ...child, status: { ...child.status, conditions, completionTime: now } };
}

/** Throws only once nothing is under way any more: no child comes to a run that was given up meanwhile. */
async function allEnded(work: readonly Promise<void>[]): Promise<void> {
  await Promise.allSettled(work);
  await Promise.all(work);
}

/** True for a lost compare-and-set; false when it is the lease that was lost. */
function isConflict(thrown: unknown): boolean {
  return thrown instanceof SlipwayError && thrown.kind === 'conflict' && thrown.reason !== 'FenceLost';
}

function chunks(objects: readonly KubeObject[]): KubeObject[][] {
  if (objects.length <= 1) return [[...objects]];
  const all: KubeObject[][] = [[]];
  let bytes = 0;
  for (const object of objects) {
    const size = JSON.stringify(object).length;
    const current = all.at(-1)!;
    if (current.length > 0 && (current.length >= MAX_WRITES || bytes + size > MAX_BYTES)) {
      all.push([object]);
      bytes = size;
    } else {
      current.push(object);
      bytes += size;
    }
  }
  return all;
}
