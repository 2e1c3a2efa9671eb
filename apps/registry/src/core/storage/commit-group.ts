// Several commits decided one after another on one view of the store, to be written in one transaction.
//
//   G1. A commit that fails leaves no trace: its neighbours in the group see the state without it.
//   G2. Every write that changes something has the next revision, and the next sequence number of its shard.
//   G3. A commit whose fence is not the current one writes nothing.

import {
  SlipwayError,
  shardOfObject,
  type Change,
  type CommitReply,
  type CommitRequest,
  type Fence,
  type KubeObject,
  type ObjectKey,
} from '@slipway/contracts';
import { decideWrite, keyOfWrite, type WriteContext } from './write.js';

/** Larger objects would neither fit a message to another service nor be read fast enough. Bytes of JSON. */
const OBJECT_LIMIT_BYTES = 1_500_000;

/** One object as it is stored. */
export interface StoredObject {
  key: ObjectKey;
  uid: string;
  revision: number;
  shard: number;
  /** JSON of the whole object in its storage version. */
  text: string;
}

/** What one write did. */
export interface Effect {
  type: Change['type'];
  revision: number;
  sequence: number;
  /** The state after the write; of a deletion the last state, with the revision of the deletion. */
  stored: StoredObject;
  object: KubeObject;
  ownersBefore: readonly string[];
}

/** What the transaction that will write the group has read. */
export interface CommitView {
  /** Last revision given. */
  revision: number;
  /** Sequence number of the last change of each shard. */
  heads: ReadonlyMap<number, number>;
  /** Every object that a write of the group names, by `keyText`. */
  objects: ReadonlyMap<string, StoredObject>;
  /** Current token of each lease that a fence of the group names, by `fenceText`. */
  tokens: ReadonlyMap<string, number>;
}

export function keyText(key: ObjectKey): string {
  return `${key.resource}/${key.namespace}/${key.name}`;
}

export function fenceText(fence: Pick<Fence, 'service' | 'shard'>): string {
  return `${fence.service}/${fence.shard}`;
}

interface Entry {
  stored: StoredObject;
  object: KubeObject;
}

export class CommitGroup {
  readonly effects: Effect[] = [];
  readonly #states = new Map<string, Entry | null>();
  readonly #heads = new Map<number, number>();
  #revision: number;

  constructor(
    private readonly view: CommitView,
    private readonly context: WriteContext,
  ) {
    this.#revision = view.revision;
  }

  /** Last revision given, by this group or before it. */
  get revision(): number {
    return this.#revision;
  }

  /** Sequence numbers of the shards that the group changed. */
  get heads(): ReadonlyMap<number, number> {
    return this.#heads;
  }

  /** Applies one commit, or throws and leaves everything as it was. */
  commit(request: CommitRequest): CommitReply {
    if (request.fence !== undefined) this.#checkFence(request.fence);
    const tentative = new CommitAttempt(this);
    const objects = request.writes.map((write) => tentative.write(write, this.context));
    tentative.effects.forEach((effect) => this.#keep(effect)); // G1: nothing above this line changed the group
    const revision = tentative.effects.at(-1)?.revision ?? this.#revision;
    return { revision, objects };
  }

  /** @internal the state that an attempt starts from */
  state(key: ObjectKey): Entry | undefined {
    const text = keyText(key);
    let entry = this.#states.get(text);
    if (entry === undefined) {
      const stored = this.view.objects.get(text);
      entry = stored === undefined ? null : { stored, object: JSON.parse(stored.text) as KubeObject };
      this.#states.set(text, entry);
    }
    return entry ?? undefined;
  }

  /** @internal */
  head(shard: number): number {
    return this.#heads.get(shard) ?? this.view.heads.get(shard) ?? 0;
  }

  #keep(effect: Effect): void {
    const { stored, object } = effect;
    this.#states.set(keyText(stored.key), effect.type === 'DELETED' ? null : { stored, object });
    this.#heads.set(stored.shard, effect.sequence);
    this.#revision = effect.revision;
    this.effects.push(effect);
  }

  #checkFence(fence: Fence): void {
    if (this.view.tokens.get(fenceText(fence)) === fence.token) return;
    throw new SlipwayError(
      'conflict',
      'FenceLost',
      `The ${fence.service} that holds shard ${fence.shard} is another one by now.`,
    );
  }
}

/** The writes of one commit, kept apart until all of them are known to hold. */
class CommitAttempt {
  readonly effects: Effect[] = [];
  readonly #states = new Map<string, Entry | null>();
  readonly #heads = new Map<number, number>();

  constructor(private readonly group: CommitGroup) {}

  write(write: CommitRequest['writes'][number], context: WriteContext): KubeObject | null {
    const key = keyOfWrite(write);
    const before = this.#state(key);
    const outcome = decideWrite(write, key, before?.object, context);
    switch (outcome.kind) {
      case 'nothing':
        return outcome.object;
      case 'put':
        return this.#effect(before === undefined ? 'ADDED' : 'MODIFIED', key, outcome.object, before).object;
      case 'remove':
        this.#effect('DELETED', key, outcome.last, before);
        return null;
    }
  }

  #state(key: ObjectKey): Entry | undefined {
    const own = this.#states.get(keyText(key));
    return own === undefined ? this.group.state(key) : (own ?? undefined);
  }

  #effect(type: Change['type'], key: ObjectKey, next: KubeObject, before: Entry | undefined): Effect {
    const revision = this.group.revision + this.effects.length + 1; // G2
    const object = { ...next, metadata: { ...next.metadata, resourceVersion: String(revision) } };
    const text = JSON.stringify(object);
    if (Buffer.byteLength(text) > OBJECT_LIMIT_BYTES) throw tooLarge(key);
    const shard = before?.stored.shard ?? shardOfObject(object.metadata);
    const sequence = (this.#heads.get(shard) ?? this.group.head(shard)) + 1; // G2
    const stored = { key, uid: object.metadata.uid ?? '', revision, shard, text };
    const effect = { type, revision, sequence, stored, object, ownersBefore: ownerUids(before?.object) };
    this.#states.set(keyText(key), type === 'DELETED' ? null : { stored, object });
    this.#heads.set(shard, sequence);
    this.effects.push(effect);
    return effect;
  }
}

/** Uids of an object's owners. */
export function ownerUids(object: KubeObject | undefined): string[] {
  return [...new Set((object?.metadata.ownerReferences ?? []).map((owner) => owner.uid))];
}

function tooLarge(key: ObjectKey): SlipwayError {
  return new SlipwayError(
    'too-large',
    'RequestEntityTooLarge',
    `${key.resource} "${key.name}" is larger than ${OBJECT_LIMIT_BYTES} bytes.`,
    { hint: 'Keep large data outside of the object, for example in a volume.' },
  );
}
