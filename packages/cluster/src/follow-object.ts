// One object of the cluster, followed: what it is now, and every change.
//
//   F1. Level-triggered: `onState` gets the newest state, starting with the present one; states in between may be skipped.
//   F2. A watch that ends, for whatever reason, is begun again from a fresh read, with a growing pause after failures.

import { setTimeout as sleep } from 'node:timers/promises';
import { SlipwayError } from '@slipway/contracts';
import type { ClusterClient } from './client.js';

export interface ObjectPath {
  /** `/api/v1/namespaces/kube-system/configmaps` */
  collection: string;
  name: string;
}

interface State {
  metadata?: { resourceVersion?: string };
}

/** The API server ends a watch by itself after this; nothing in between may take longer. */
const WATCH_SECONDS = 300;
const SLACK_MS = 30_000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;

/**
 * Follows an object until the signal. Resolves when it was read first.
 *
 * @param onState undefined: there is no such object
 *
 * Errors: those of the first read; later ones go to `onError`.
 */
export async function followObject<T>(
  client: ClusterClient,
  path: ObjectPath,
  options: { onState: (object: T | undefined) => void; onError: (error: unknown) => void; signal: AbortSignal },
): Promise<void> {
  const first = await read<T & State>(client, path, options.signal);
  options.onState(first);
  void follow(client, path, first, options);
}

async function follow<T>(
  client: ClusterClient,
  path: ObjectPath,
  first: (T & State) | undefined,
  { onState, onError, signal }: Parameters<typeof followObject<T>>[2],
): Promise<void> {
  let known: (T & State) | undefined = first;
  let pauseMs = FIRST_PAUSE_MS;
  while (!signal.aborted) {
    try {
      for await (const line of client.lines(watchPath(path, known), {
        signal,
        idleMs: WATCH_SECONDS * 1000 + SLACK_MS,
      })) {
        const event = JSON.parse(line) as { type: string; object: T & State };
        if (event.type === 'ERROR') break;
        pauseMs = FIRST_PAUSE_MS;
        if (event.type === 'BOOKMARK') continue;
        onState(event.type === 'DELETED' ? undefined : event.object);
      }
      known = await read<T & State>(client, path, signal); // F2
      onState(known);
    } catch (error) {
      if (signal.aborted) return;
      onError(error);
    }
    await sleep(pauseMs, undefined, { signal, ref: false }).catch(() => undefined);
    pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
  }
}

function watchPath({ collection, name }: ObjectPath, known: State | undefined): string {
  const query = new URLSearchParams({
    watch: 'true',
    fieldSelector: `metadata.name=${name}`,
    timeoutSeconds: String(WATCH_SECONDS),
    ...(known?.metadata?.resourceVersion === undefined ? {} : { resourceVersion: known.metadata.resourceVersion }),
  });
  return `${collection}?${query.toString()}`;
}

async function read<T>(
  client: ClusterClient,
  { collection, name }: ObjectPath,
  signal: AbortSignal,
): Promise<T | undefined> {
  try {
    return await client.request<T>(`${collection}/${encodeURIComponent(name)}`, { signal });
  } catch (error) {
    if (error instanceof SlipwayError && error.kind === 'not-found') return undefined;
    throw error;
  }
}
