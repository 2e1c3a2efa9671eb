// All objects of a collection, followed: what there is now, and every change.
//
//   L1. Level-triggered: `onList` gets everything there is, `onChange` what became of one object since.
//   L2. The watch goes on where it was after a lost connection; only a version that is gone makes it list again.
//   L3. Lists are asked of the store behind the API server, not of its memory: what was there before is in them.

import { setTimeout as sleep } from 'node:timers/promises';
import { SlipwayError, type KubeObject } from '@slipway/contracts';
import type { ClusterClient } from './client.js';

export interface CollectionFollower<T> {
  onList(objects: T[]): void;
  onChange(object: T, isGone: boolean): void;
  /** Whatever keeps the collection from being seen; it is tried again. */
  onError(error: unknown): void;
  signal: AbortSignal;
}

/** What is asked of the cluster. */
type Requests = Pick<ClusterClient, 'request' | 'lines'>;

interface Page<T> {
  metadata: { resourceVersion?: string; continue?: string };
  items: T[];
}
type WatchEvent<T> =
  | { type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'; object: T }
  | { type: 'ERROR'; object: { code?: number; message?: string } };

const PAGE = '250';
const WATCH_SECONDS = 300;
/** A server sends a bookmark a minute; one that is silent for longer is gone. */
const SILENCE_MS = 150_000;
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 10_000;

/** Follows until the signal. `path` is that of a collection: `/apis/tekton.dev/v1/pipelineruns`. */
export async function followCollection<T extends KubeObject>(
  client: Requests,
  path: string,
  follower: CollectionFollower<T>,
): Promise<void> {
  const { signal } = follower;
  let version: string | undefined;
  let pauseMs = FIRST_PAUSE_MS;
  while (!signal.aborted) {
    try {
      if (version === undefined) version = await list(client, path, follower);
      for await (const event of events<T>(client, path, version, signal)) {
        if (event.type === 'ERROR') {
          const { code, message = '' } = event.object;
          throw new SlipwayError(code === 410 ? 'expired' : 'transient', 'WatchEnded', `watch of ${path}: ${message}`);
        }
        pauseMs = FIRST_PAUSE_MS;
        version = event.object.metadata.resourceVersion ?? version;
        if (event.type !== 'BOOKMARK') follower.onChange(event.object, event.type === 'DELETED');
      }
    } catch (error) {
      if (signal.aborted) return;
      const isExpired = error instanceof SlipwayError && error.kind === 'expired';
      if (isExpired)
        version = undefined; // L2
      else follower.onError(error);
    }
    await sleep(pauseMs * (0.75 + Math.random() / 2), undefined, { signal, ref: false }).catch(() => undefined);
    pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
  }
}

async function list<T>(client: Requests, path: string, follower: CollectionFollower<T>): Promise<string> {
  const objects: T[] = [];
  let token = '';
  do {
    const query = new URLSearchParams({ limit: PAGE, ...(token === '' ? {} : { continue: token }) }); // L3: no version
    const { items, metadata } = await client.request<Page<T>>(`${path}?${query.toString()}`, {
      signal: follower.signal,
    });
    objects.push(...items);
    token = metadata.continue ?? '';
    if (token === '') {
      follower.onList(objects);
      return metadata.resourceVersion ?? '';
    }
  } while (!follower.signal.aborted);
  throw new SlipwayError('transient', 'Stopped', `the list of ${path} was given up`);
}

async function* events<T>(
  client: Requests,
  path: string,
  resourceVersion: string,
  signal: AbortSignal,
): AsyncGenerator<WatchEvent<T>> {
  const query = new URLSearchParams({
    watch: 'true',
    allowWatchBookmarks: 'true',
    resourceVersion,
    timeoutSeconds: String(WATCH_SECONDS),
  });
  for await (const line of client.lines(`${path}?${query.toString()}`, { signal, idleMs: SILENCE_MS })) {
    if (line.trim() !== '') yield JSON.parse(line) as WatchEvent<T>;
  }
}
