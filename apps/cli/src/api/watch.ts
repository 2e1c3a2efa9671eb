// Follows the objects of one list for as long as wanted.
//
//   W1. Every state that lasts is reported: after a lost connection or an expired version the list is read again, and what
//       differs from what was known is reported as if it had been watched.
//   W2. Reports come in order, one at a time.

import { setTimeout as sleep } from 'node:timers/promises';
import { asSlipwayError, type KubeObject } from '@slipway/contracts';
import type { ApiClient } from './client.js';

export interface WatchOptions<T> {
  path: string;
  fieldSelector?: string;
  labelSelector?: string;
  /** Called with each object that appeared or changed, and with what is gone. */
  onChange: (object: T, deleted: boolean) => void;
  signal: AbortSignal;
  /** Told once for each time the server is lost. */
  onLost?: (why: string) => void;
}

const FIRST_DELAY_MS = 50;
const LONGEST_DELAY_MS = 2_000;
/** A server that is gone this long does not come back during this command. */
const GIVE_UP_MS = 60_000;

interface List<T> {
  metadata: { resourceVersion: string };
  items: T[];
}

/** Resolves when `signal` fires; throws when the server refuses, or stays away for a minute. */
export async function watch<T extends KubeObject>(client: ApiClient, options: WatchOptions<T>): Promise<void> {
  const { path, fieldSelector, labelSelector, signal } = options;
  const known = new Map<string, T>();
  let version: string | undefined;
  let lostAtMs: number | undefined;
  let delayMs = FIRST_DELAY_MS;
  while (!signal.aborted) {
    try {
      if (version === undefined) {
        const list = await client.call<List<T>>(path, { query: { fieldSelector, labelSelector }, signal });
        replaceAll(known, list.items, options.onChange);
        version = list.metadata.resourceVersion;
      }
      const query = {
        fieldSelector,
        labelSelector,
        watch: 'true',
        allowWatchBookmarks: 'true',
        resourceVersion: version,
      };
      const response = await client.stream(path, { query, signal });
      for await (const event of jsonLines(response)) {
        const { type, object } = event as { type: string; object: T };
        if (type === 'ERROR') {
          version = undefined; // 410 or anything else: what we know is no base to go on from
          break;
        }
        lostAtMs = undefined;
        delayMs = FIRST_DELAY_MS;
        version = object.metadata.resourceVersion ?? version;
        if (type !== 'BOOKMARK') apply(known, object, type === 'DELETED', options.onChange);
      }
    } catch (thrown) {
      if (signal.aborted) return;
      const error = asSlipwayError(thrown);
      if (error.kind === 'expired') version = undefined;
      else if (error.kind !== 'transient' && error.kind !== 'overloaded' && error.kind !== 'internal') throw error;
      else if (lostAtMs === undefined) {
        lostAtMs = Date.now();
        options.onLost?.(error.message);
      } else if (Date.now() - lostAtMs > GIVE_UP_MS) throw error;
    }
    await sleep(delayMs, undefined, { signal }).catch(() => undefined);
    delayMs = Math.min(delayMs * 2, LONGEST_DELAY_MS);
  }
}

function replaceAll<T extends KubeObject>(
  known: Map<string, T>,
  items: T[],
  onChange: WatchOptions<T>['onChange'],
): void {
  const listed = new Set(items.map((item) => item.metadata.uid ?? item.metadata.name));
  for (const [uid, object] of known) {
    if (!listed.has(uid)) apply(known, object, true, onChange);
  }
  for (const item of items) apply(known, item, false, onChange);
}

function apply<T extends KubeObject>(
  known: Map<string, T>,
  object: T,
  deleted: boolean,
  onChange: WatchOptions<T>['onChange'],
): void {
  const uid = object.metadata.uid ?? object.metadata.name;
  if (deleted) known.delete(uid);
  else if (known.get(uid)?.metadata.resourceVersion === object.metadata.resourceVersion) return;
  else known.set(uid, object);
  onChange(object, deleted);
}

/** One JSON value a line, as a watch sends them. Throws when the stream breaks off. */
async function* jsonLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<unknown> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      const line = rest.subarray(0, end).toString('utf8');
      rest = rest.subarray(end + 1);
      if (line.trim() !== '') yield JSON.parse(line);
    }
  }
}
