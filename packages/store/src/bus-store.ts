// The store of every service but the registry: questions to the registry over the bus.

import { randomUUID } from 'node:crypto';
import {
  STORE_RPC,
  SlipwayError,
  type CommitReply,
  type CommitRequest,
  type GetReply,
  type GetRequest,
  type HeadsReply,
  type KubeObject,
  type ListReply,
  type ListRequest,
} from '@slipway/contracts';
import type { Bus } from '@slipway/bus';
import { askAgain } from './ask-again.js';
import type { GetOptions, Listing, ListOptions, Store } from './store.js';

export interface BusStoreOptions {
  /** How long to go on asking while the registry cannot be reached. Well below the time it remembers commit ids. */
  deadlineMs?: number;
}

/** A registry answers within milliseconds; one that does not was killed or stopped with the question in hand. */
const PATIENCE_MS = 1_000;

export function busStore(bus: Pick<Bus, 'request'>, options: BusStoreOptions = {}): Store {
  const deadlineMs = options.deadlineMs ?? 60_000;
  const ask = <Reply>(subject: string, data: unknown): Promise<Reply> =>
    askAgain((timeoutMs) => bus.request<Reply>(subject, data, { timeoutMs }), {
      deadlineMs,
      patienceMs: PATIENCE_MS,
    });

  return {
    async get<T extends KubeObject>(
      resource: string,
      namespace: string,
      name: string,
      options: GetOptions = {},
    ): Promise<T | undefined> {
      const request: GetRequest = { resource, namespace, name, ...options };
      const reply = await ask<GetReply>(STORE_RPC.get, request);
      return reply.object as T | undefined;
    },

    async list<T extends KubeObject>(resource: string, o: ListOptions = {}): Promise<Listing<T>> {
      for (;;) {
        const listing = await allPages<T>((from) => ask<ListReply>(STORE_RPC.list, pageRequest(resource, o, from)));
        if (listing !== undefined) return listing;
      }
    },

    commit: (request: CommitRequest) =>
      ask<CommitReply>(STORE_RPC.commit, request.id === undefined ? { ...request, id: randomUUID() } : request),

    heads: () => ask<HeadsReply>(STORE_RPC.heads, {}),
  };
}

function pageRequest(resource: string, options: ListOptions, from: string | undefined): ListRequest {
  return {
    resource,
    ...(options.namespace === undefined ? {} : { namespace: options.namespace }),
    ...(options.labelSelector === undefined ? {} : { labelSelector: options.labelSelector }),
    ...(options.shards === undefined ? {} : { shards: [...options.shards] }),
    ...(from === undefined ? {} : { continue: from }),
  };
}

/** Undefined when the list took so long that it has to begin again. Revision and heads are those of the first page. */
async function allPages<T extends KubeObject>(
  page: (from: string | undefined) => Promise<ListReply>,
): Promise<Listing<T> | undefined> {
  const first = await page(undefined);
  const items = first.items as T[];
  let from = first.continue;
  while (from !== undefined) {
    let next: ListReply;
    try {
      next = await page(from);
    } catch (thrown) {
      if (thrown instanceof SlipwayError && thrown.kind === 'expired') return undefined;
      throw thrown;
    }
    for (const item of next.items) items.push(item as T);
    from = next.continue;
  }
  return { items, revision: first.revision, heads: first.heads };
}
