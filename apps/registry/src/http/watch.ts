// Watches: changes of the objects that a selection matches, as the lines of a stream.

import { SlipwayError, apiVersionOf, type KubeObject } from '@slipway/contracts';
import { bookmarkTable, partialMetadata, tableOf } from '../core/table/table.js';
import type { ObjectStore } from '../io/object-store.js';
import type { Entry, WatchCache } from '../io/watch-cache.js';
import { flag, type Answer, type ApiRequest } from './exchange.js';
import { LIST_PAGE } from './limits.js';
import { pagesOf, revisionOf, tooLargeRevision } from './read.js';
import type { View } from './render.js';
import type { ResourceTarget } from './request-target.js';
import { canMove, covers, matches, selectionOf, type Selection } from './selection.js';
import { statusOf } from './status.js';
import { inVersion, parseStored, textInVersion } from './versions.js';

interface WatchOptions {
  selection: Selection;
  view: View;
  /** Undefined: begin with the objects that are there, as ADDED. */
  from: number | undefined;
  /** WatchList: a bookmark says when the objects that are there have all been sent. */
  sendInitialEvents: boolean;
  bookmarks: boolean;
  timeoutMs: number;
  signal: AbortSignal;
}

/** As the API server: watches end by themselves after half an hour to an hour, so that they spread over replicas. */
const [MIN_TIMEOUT_MS, MAX_TIMEOUT_MS] = [30 * 60_000, 60 * 60_000];
const BOOKMARK_MS = 60_000;
/** Entries handled before other requests get their turn. */
const BATCH = 200;

export async function watchObjects(
  store: ObjectStore,
  cache: WatchCache,
  target: ResourceTarget,
  view: View,
  request: ApiRequest,
): Promise<Answer> {
  const selection = selectionOf(target, view.kind, request.query);
  const options = watchOptions(selection, view, request);
  if (canMove(selection)) await cache.track(selection.resource);
  if (options.from !== undefined) {
    await requireReached(store, cache, options.from);
    const floor = cache.floor(selection.resource);
    if (options.from < floor) throw tooOld(options.from, floor);
  }
  return {
    kind: 'stream',
    status: 200,
    contentType: view.form.shape === 'object' ? 'application/json' : watchType(view),
    chunks: events(store, cache, options),
    longRunning: true,
  };
}

function watchType(view: View): string {
  return view.form.shape === 'table'
    ? 'application/json;as=Table;g=meta.k8s.io;v=v1'
    : 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';
}

function watchOptions(selection: Selection, view: View, { query, signal }: ApiRequest): WatchOptions {
  const version = query.get('resourceVersion') ?? '';
  const match = query.get('resourceVersionMatch') ?? '';
  const asksInitial = query.has('sendInitialEvents');
  const sendInitialEvents = asksInitial && flag(query, 'sendInitialEvents');
  if (asksInitial && match !== 'NotOlderThan') {
    throw badOption('resourceVersionMatch', 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan');
  }
  if (!asksInitial && match !== '') {
    throw badOption(
      'resourceVersionMatch',
      'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
    );
  }
  const seconds = Number(query.get('timeoutSeconds') ?? '0');
  if (!Number.isInteger(seconds) || seconds < 0) throw badOption('timeoutSeconds', 'must be a whole number of seconds');
  const wanted = version === '' || version === '0' ? undefined : revisionOf(version);
  return {
    selection,
    view,
    from: sendInitialEvents ? undefined : wanted,
    sendInitialEvents,
    bookmarks: flag(query, 'allowWatchBookmarks'),
    timeoutMs: seconds > 0 ? seconds * 1000 : MIN_TIMEOUT_MS + Math.random() * (MAX_TIMEOUT_MS - MIN_TIMEOUT_MS),
    signal,
  };
}

function badOption(field: string, message: string): SlipwayError {
  return new SlipwayError('invalid', 'Invalid', message, {
    problems: [{ field, reason: 'FieldValueForbidden', message: `Forbidden: ${message}` }],
  });
}

/**
 * A version that this replica has not seen yet, but the store has given, is on its way, and the watch goes on from it
 * when it comes. One that the store has not given is of another store, or of a future.
 */
async function requireReached(store: ObjectStore, cache: WatchCache, from: number): Promise<void> {
  if (from <= cache.head) return;
  const { revision } = await store.heads();
  if (from > revision) throw tooLargeRevision(from, revision);
}

function tooOld(wanted: number, floor: number): SlipwayError {
  return new SlipwayError('expired', 'Expired', `too old resource version: ${wanted} (${floor})`);
}

/** One line of JSON per event. */
async function* events(store: ObjectStore, cache: WatchCache, options: WatchOptions): AsyncGenerator<string> {
  const { selection, signal } = options;
  const lines = new Lines(options.view);
  const isOver = alarm(options.timeoutMs, signal);
  let bookmarkAtMs = Date.now() + BOOKMARK_MS;
  try {
    let at = options.from;
    if (at === undefined) {
      at = 0;
      for await (const page of pagesOf(store, selection, LIST_PAGE, undefined)) {
        at = page.revision;
        for (const stored of page.items) yield lines.stored('ADDED', stored);
      }
      if (options.sendInitialEvents) yield lines.bookmark(at, true);
    }
    let told = at;
    for (let isLast = false; !isLast && !signal.aborted && !cache.isStopped;) {
      isLast = isOver.done; // one look more: its bookmark says how far the watch came, also where nothing woke it
      // Taken before looking, so that a change between the look and the wait is not slept through.
      const changed = cache.changed(selection.resource, selection);
      if (at < cache.floor(selection.resource)) throw tooOld(at, cache.floor(selection.resource));
      const head = cache.head;
      const entries = cache.after(selection.resource, at, BATCH);
      for (const entry of entries) {
        at = entry.revision;
        const type = covers(selection, entry.key) ? await visibleAs(cache, selection, entry) : undefined;
        if (type === undefined) continue;
        yield lines.entry(type, entry);
        told = at;
      }
      if (entries.length === BATCH) continue;
      at = Math.max(at, entries.length === 0 ? head : at);
      if (options.bookmarks && Date.now() >= bookmarkAtMs) {
        bookmarkAtMs = Date.now() + BOOKMARK_MS;
        if (at > told) yield lines.bookmark(at, false);
        told = at;
      }
      await isOver.or(changed);
    }
    if (options.bookmarks && at > told && !signal.aborted) yield lines.bookmark(at, false);
  } catch (error) {
    yield lines.error(error);
  } finally {
    isOver.cancel();
  }
}

/** What a change is for this watch; undefined: not its concern. */
async function visibleAs(cache: WatchCache, selection: Selection, entry: Entry): Promise<Entry['type'] | undefined> {
  const object = await cache.load(entry);
  if (entry.type === 'DELETED') {
    const last = object ?? (typeof entry.before === 'object' ? (entry.before as KubeObject) : undefined);
    return last === undefined || matches(selection, last) ? 'DELETED' : undefined;
  }
  if (object === undefined) return undefined; // gone by now: its deletion is on its way
  if (!canMove(selection)) return matches(selection, object) ? entry.type : undefined;
  const after = matches(selection, object);
  switch (entry.before) {
    case 'none':
      return after ? 'ADDED' : undefined;
    case 'unknown':
      // Telling of a deletion too many does less harm than leaving an object in the client's cache for ever.
      return after ? entry.type : entry.type === 'ADDED' ? undefined : 'DELETED';
    default: {
      const before = matches(selection, entry.before as KubeObject);
      if (after) return before ? entry.type : 'ADDED';
      return before ? 'DELETED' : undefined;
    }
  }
}

/** Events in the form that the client asked for. */
class Lines {
  #hasSentColumns = false;

  constructor(private readonly view: View) {}

  stored(type: string, stored: Parameters<typeof parseStored>[0]): string {
    const { kind, version, form } = this.view;
    if (form.shape === 'object') return line(type, textInVersion(kind, version, stored));
    return line(type, JSON.stringify(this.#shaped(inVersion(kind, version, parseStored(stored)))));
  }

  entry(type: string, entry: Entry): string {
    const { version, form } = this.view;
    if (form.shape !== 'object') return line(type, JSON.stringify(this.#shaped(this.#object(entry))));
    let text = entry.texts.get(version);
    if (text === undefined) {
      text = JSON.stringify(this.#object(entry));
      entry.texts.set(version, text);
    }
    return line(type, text);
  }

  bookmark(revision: number, isInitialEnd: boolean): string {
    const { kind, version, form } = this.view;
    const object = {
      kind: kind.kind,
      apiVersion: apiVersionOf(kind, version),
      metadata: {
        resourceVersion: String(revision),
        creationTimestamp: null,
        ...(isInitialEnd ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {}),
      },
    } as unknown as KubeObject;
    if (form.shape === 'object') return line('BOOKMARK', JSON.stringify(object));
    if (form.shape === 'partial') return line('BOOKMARK', JSON.stringify(partialMetadata(object)));
    return line('BOOKMARK', JSON.stringify(bookmarkTable(object, this.view.nowMs, this.#columnsSent(), kind)));
  }

  error(thrown: unknown): string {
    return line('ERROR', JSON.stringify(statusOf(thrown)));
  }

  /** Of a deletion that came without the object, what is known of it. */
  #object(entry: Entry): KubeObject {
    const { kind, version } = this.view;
    const known: KubeObject = entry.object ?? {
      kind: kind.kind,
      apiVersion: apiVersionOf(kind, kind.storageVersion),
      metadata: {
        name: entry.key.name,
        ...(entry.key.namespace === '' ? {} : { namespace: entry.key.namespace }),
        ...(typeof entry.before === 'object' ? entry.before.metadata : {}),
        uid: entry.uid,
        resourceVersion: String(entry.revision),
      },
    };
    return inVersion(kind, version, known);
  }

  #shaped(object: KubeObject): object {
    if (this.view.form.shape === 'partial') return partialMetadata(object);
    const { resourceVersion } = object.metadata;
    return tableOf(this.view.kind, [object], resourceVersion === undefined ? {} : { resourceVersion }, {
      includeObject: this.view.includeObject,
      withoutColumns: this.#columnsSent(),
      nowMs: Date.now(),
    });
  }

  #columnsSent(): boolean {
    const sent = this.#hasSentColumns;
    this.#hasSentColumns = true;
    return sent;
  }
}

function line(type: string, object: string): string {
  return `{"type":"${type}","object":${object}}\n`;
}

interface Alarm {
  done: boolean;
  /** Waits for `other` or the alarm. Not `Promise.race`, which would pile up a reaction per wait on a long-lived promise. */
  or(other: Promise<void>): Promise<void>;
  cancel(): void;
}

/** Goes off after a while, or when the client has gone. */
function alarm(ms: number, signal: AbortSignal): Alarm {
  let wake = (): void => {};
  const ring = (): void => {
    state.done = true;
    wake();
  };
  const timer = setTimeout(ring, Math.min(ms, MAX_TIMER_MS)).unref();
  signal.addEventListener('abort', ring, { once: true });
  const state: Alarm = {
    done: false,
    or: (other) =>
      new Promise((resolve) => {
        wake = resolve;
        if (state.done) resolve();
        else void other.then(resolve);
      }),
    cancel: () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', ring);
    },
  };
  return state;
}

/** The longest delay of a timer in Node.js; longer ones would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;
