// Stand-ins with state for what the executor needs around it: stored objects, and the logs service behind the bus.

import { randomUUID } from 'node:crypto';
import {
  LOGS_RPC,
  RESOURCES_RPC,
  SlipwayError,
  asSlipwayError,
  resourceKindOf,
  resourceNameOf,
  timeOf,
  type CommitReply,
  type CommitRequest,
  type KubeObject,
  type LogChunk,
  type LogLine,
  type LogPositionReply,
  type LogPositionRequest,
  type ObjectKey,
  type ReadLogReply,
  type ReadLogRequest,
  type ResourcePlan,
  type Write,
} from '@slipway/contracts';
import type { Bus } from '@slipway/bus';
import type { CacheChange, Listing, Store } from '@slipway/store';

/** A store and a cache of it in one: every commit is seen at once. */
export class MemoryObjects implements Store {
  readonly #objects = new Map<string, KubeObject>();
  readonly #listeners = new Set<(change: CacheChange) => void>();
  #revision = 0;
  commits = 0;
  /** Called before each commit; what it throws fails the commit. */
  beforeCommit: (request: CommitRequest) => void = () => {};

  get<T extends KubeObject>(resource: string, namespace: string, name: string): Promise<T | undefined> {
    return Promise.resolve(this.find<T>(resource, namespace, name));
  }

  find<T extends KubeObject>(resource: string, namespace: string, name: string): T | undefined {
    return this.#objects.get(`${resource}/${namespace}/${name}`) as T | undefined;
  }

  list<T extends KubeObject>(resource: string): Promise<Listing<T>> {
    return Promise.resolve({ items: this.all<T>(resource), revision: this.#revision, heads: [] });
  }

  all<T extends KubeObject>(resource: string): T[] {
    return [...this.#objects].filter(([key]) => key.startsWith(`${resource}/`)).map(([, object]) => object as T);
  }

  commit(request: CommitRequest): Promise<CommitReply> {
    try {
      this.beforeCommit(request);
      this.commits++;
      for (const write of request.writes) this.#check(write);
      const objects = request.writes.map((write) => this.#write(write));
      return Promise.resolve({ revision: this.#revision, objects });
    } catch (thrown) {
      return Promise.reject(asSlipwayError(thrown));
    }
  }

  heads(): Promise<{ revision: number; heads: number[] }> {
    return Promise.resolve({ revision: this.#revision, heads: [] });
  }

  /** What the executor uses of a cache. */
  readonly cache = {
    isReady: true,
    get: <T extends KubeObject>(resource: string, namespace: string, name: string): T | undefined =>
      this.find<T>(resource, namespace, name),
    list: <T extends KubeObject>(resource: string, namespace?: string): T[] =>
      this.all<T>(resource).filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace),
    byOwner: (uid: string): KubeObject[] =>
      [...this.#objects.values()].filter(({ metadata }) =>
        metadata.ownerReferences?.some((owner) => owner.uid === uid),
      ),
    put: (): void => {},
    onChange: (listener: (change: CacheChange) => void): (() => void) => {
      this.#listeners.add(listener);
      return () => this.#listeners.delete(listener);
    },
    sync: (): Promise<void> => Promise.resolve(),
  };

  #check(write: Write): void {
    const key = write.op === 'delete' ? write.key : keyOf(write.object);
    const stored = this.find(key.resource, key.namespace, key.name);
    if (write.op === 'delete') {
      if (write.uid !== undefined && stored !== undefined && stored.metadata.uid !== write.uid) throw conflict(key);
      return;
    }
    if (write.op === 'create' || write.op === 'create-as') {
      if (stored !== undefined) throw new SlipwayError('exists', 'AlreadyExists', `${key.name} exists.`);
      return;
    }
    if (stored === undefined) throw new SlipwayError('not-found', 'NotFound', `${key.name} is gone.`);
    if (stored.metadata.resourceVersion !== write.object.metadata.resourceVersion) throw conflict(key);
  }

  #write(write: Write): KubeObject | null {
    const key = write.op === 'delete' ? write.key : keyOf(write.object);
    const id = `${key.resource}/${key.namespace}/${key.name}`;
    const before = this.#objects.get(id);
    this.#revision++;
    if (write.op === 'delete') {
      this.#objects.delete(id);
      if (before !== undefined) this.#tell({ key, before });
      return null;
    }
    const { metadata } = write.object;
    const after: KubeObject = structuredClone({
      ...(write.op === 'update-status' ? { ...before!, ...pick(write.object) } : write.object),
      metadata: {
        ...metadata,
        uid: write.op === 'create-as' ? write.uid : (before?.metadata.uid ?? metadata.uid ?? randomUUID()),
        creationTimestamp: before?.metadata.creationTimestamp ?? timeOf(Date.now()),
        resourceVersion: String(this.#revision),
      },
    });
    this.#objects.set(id, after);
    this.#tell({ key, ...(before === undefined ? {} : { before }), after });
    return after;
  }

  #tell(change: CacheChange): void {
    setImmediate(() => this.#listeners.forEach((listener) => listener(change)));
  }
}

/** The bus as far as logs go, with the logs service behind it. `loses` drops what is published, as a wiped server. */
export class MemoryLogs {
  readonly #lines = new Map<string, (LogLine | undefined)[]>();
  readonly #ended = new Set<string>();
  readonly #reconnects = new Set<() => void>();
  loses = false;
  /** What the resources service answers; undefined: it is not there. */
  plan: ResourcePlan | undefined;
  published: LogChunk[] = [];

  readonly bus: Pick<Bus, 'publish' | 'request' | 'onReconnect'> = {
    publish: (_subject, payload) => {
      const chunk = payload as LogChunk;
      this.published.push(chunk);
      if (!this.loses) this.#store(chunk);
      return Promise.resolve();
    },
    request: <Reply>(subject: string, data: unknown): Promise<Reply> => {
      if (subject === LOGS_RPC.position) return Promise.resolve(this.#position(data as LogPositionRequest) as Reply);
      if (subject === LOGS_RPC.read) return Promise.resolve(this.#read(data as ReadLogRequest) as Reply);
      if (subject === RESOURCES_RPC.plan && this.plan !== undefined) return Promise.resolve(this.plan as Reply);
      return Promise.reject(new SlipwayError('transient', 'NoResponder', `Nobody answers ${subject}.`));
    },
    onReconnect: (listener) => {
      this.#reconnects.add(listener);
      return () => this.#reconnects.delete(listener);
    },
  };

  reconnect(): void {
    for (const listener of this.#reconnects) listener();
  }

  text(podUid: string, container: string): string[] {
    return (this.#lines.get(`${podUid}/${container}`) ?? []).map((line) => line?.text ?? '<missing>');
  }

  hasEnded(podUid: string, container: string): boolean {
    return this.#ended.has(`${podUid}/${container}`);
  }

  #store({ podUid, container, first, lines, end }: LogChunk): void {
    const key = `${podUid}/${container}`;
    const stored = this.#lines.get(key) ?? [];
    if (first > stored.length) return; // a hole: the position stays behind it
    lines.forEach((line, i) => (stored[first + i] = line));
    this.#lines.set(key, stored);
    if (end === true) this.#ended.add(key);
  }

  #position({ podUid, container }: LogPositionRequest): LogPositionReply {
    const key = `${podUid}/${container}`;
    return { next: this.#lines.get(key)?.length ?? 0, ended: this.#ended.has(key) };
  }

  #read({ podUid, container, from, maxLines = 1000 }: ReadLogRequest): ReadLogReply {
    const lines = (this.#lines.get(`${podUid}/${container}`) ?? []).slice(from, from + maxLines) as LogLine[];
    return { lines, next: from + lines.length, end: false };
  }
}

function keyOf({ apiVersion, kind, metadata }: KubeObject): ObjectKey {
  const known = resourceKindOf(apiVersion, kind);
  if (known === undefined) throw new SlipwayError('invalid', 'UnknownKind', `${apiVersion} ${kind} is not stored.`);
  return { resource: resourceNameOf(known), namespace: metadata.namespace ?? '', name: metadata.name };
}

function pick(object: KubeObject): { status?: unknown } {
  return 'status' in object ? { status: object.status } : {};
}

function conflict(key: ObjectKey): SlipwayError {
  return new SlipwayError('conflict', 'Conflict', `${key.name} was changed.`);
}
