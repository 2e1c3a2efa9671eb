// get and list.

import { SlipwayError, apiVersionOf, type ResourceKind } from '@slipway/contracts';
import type { ListMeta } from '../core/table/table.js';
import type { ObjectStore, StoredObject } from '../io/object-store.js';
import type { Answer, ApiRequest } from './exchange.js';
import { LIST_PAGE } from './limits.js';
import { listAnswer, objectAnswer, type View } from './render.js';
import type { ResourceTarget } from './request-target.js';
import { covers, matches, selectionOf, type Selection } from './selection.js';
import { inVersion, parseStored, textInVersion } from './versions.js';

export function notFound(kind: Pick<ResourceKind, 'plural' | 'group'>, name: string): SlipwayError {
  const resource = kind.group === '' ? kind.plural : `${kind.plural}.${kind.group}`;
  return new SlipwayError('not-found', 'NotFound', `${resource} "${name}" not found`);
}

export async function getObject(store: ObjectStore, target: ResourceTarget, view: View): Promise<Answer> {
  const stored = await store.get(keyOf(target, view.kind));
  if (stored === undefined) throw notFound(view.kind, target.name);
  if (view.form.shape === 'object' && view.form.encoding === 'json') {
    return {
      kind: 'text',
      status: 200,
      contentType: 'application/json',
      text: textInVersion(view.kind, view.version, stored),
    };
  }
  return objectAnswer(view, 200, inVersion(view.kind, view.version, parseStored(stored)));
}

export function keyOf(
  target: ResourceTarget,
  kind: ResourceKind,
): { resource: string; namespace: string; name: string } {
  const resource = kind.group === '' ? kind.plural : `${kind.plural}.${kind.group}`;
  return { resource, namespace: kind.namespaced ? target.namespace : '', name: target.name };
}

/** One page of a list, by the client's `limit` and `continue`, or the whole. */
export async function listObjects(
  store: ObjectStore,
  target: ResourceTarget,
  view: View,
  request: ApiRequest,
): Promise<Answer> {
  const selection = selectionOf(target, view.kind, request.query);
  const limit = limitOf(request.query);
  await checkRevision(store, request.query);
  const token = request.query.get('continue') || undefined;
  const isText = view.form.shape === 'object' && view.form.encoding === 'json';
  if (isText && limit === undefined) return streamedList(store, selection, view, token);
  const { items, meta } = await collect(store, selection, limit, token);
  if (isText) {
    const texts = items.map((stored) => textInVersion(view.kind, view.version, stored));
    return {
      kind: 'text',
      status: 200,
      contentType: 'application/json',
      text: `${listHead(view, meta)}${texts.join(',')}]}`,
    };
  }
  return listAnswer(
    view,
    items.map((stored) => inVersion(view.kind, view.version, parseStored(stored))),
    meta,
  );
}

/** A list of everything goes out page by page, so that 20,000 objects never stand in memory at once. */
async function streamedList(
  store: ObjectStore,
  selection: Selection,
  view: View,
  from: string | undefined,
): Promise<Answer> {
  const pages = pagesOf(store, selection, LIST_PAGE, from);
  const first = await pages.next(); // errors of the first page become a Status; later ones can only end the connection
  async function* chunks(): AsyncGenerator<string> {
    let page = first.done ? undefined : first.value;
    yield listHead(view, { resourceVersion: String(page?.revision ?? 0) });
    let separator = '';
    while (page !== undefined) {
      const texts = page.items.map((stored) => textInVersion(view.kind, view.version, stored));
      if (texts.length > 0) {
        yield separator + texts.join(',');
        separator = ',';
      }
      const next = await pages.next();
      page = next.done ? undefined : next.value;
    }
    yield ']}';
  }
  return { kind: 'stream', status: 200, contentType: 'application/json', chunks: chunks(), longRunning: false };
}

function listHead(view: View, meta: ListMeta): string {
  const head = { kind: `${view.kind.kind}List`, apiVersion: apiVersionOf(view.kind, view.version), metadata: meta };
  return `${JSON.stringify(head).slice(0, -1)},"items":[`;
}

interface Page {
  items: StoredObject[];
  revision: number;
  continue: string | undefined;
}

/** Pages of what the selection matches; a page may be shorter than asked for, also empty. */
export async function* pagesOf(
  store: ObjectStore,
  selection: Selection,
  size: number,
  from: string | undefined,
): AsyncGenerator<Page, void, undefined> {
  if (selection.name !== undefined && (selection.namespace !== undefined || !selection.kind.namespaced)) {
    yield await pinned(store, selection, selection.name);
    return;
  }
  let token = from;
  do {
    const page = await store.list({
      resource: selection.resource,
      ...(selection.namespace === undefined ? {} : { namespace: selection.namespace }),
      ...(selection.labelSelector === '' ? {} : { labelSelector: selection.labelSelector }),
      limit: size,
      ...(token === undefined ? {} : { continue: token }),
    });
    const items = isPlain(selection)
      ? page.items
      : page.items.filter((stored) => covers(selection, stored.key) && matches(selection, parseStored(stored)));
    yield { items, revision: page.revision, continue: page.continue };
    token = page.continue;
  } while (token !== undefined);
}

/** Whether the store's own selection by namespace and labels is all there is to do. */
function isPlain(selection: Selection): boolean {
  return selection.name === undefined && selection.fields.length === 0;
}

async function pinned(store: ObjectStore, selection: Selection, name: string): Promise<Page> {
  // The revision first: a list may show more than its revision says, never less.
  const { revision } = await store.heads();
  const stored = await store.get({ resource: selection.resource, namespace: selection.namespace ?? '', name });
  const items = stored !== undefined && matches(selection, parseStored(stored)) ? [stored] : [];
  return { items, revision, continue: undefined };
}

/** Objects for one answer: up to `limit` of them, with the token that goes on behind the last. */
async function collect(
  store: ObjectStore,
  selection: Selection,
  limit: number | undefined,
  from: string | undefined,
): Promise<{ items: StoredObject[]; meta: ListMeta }> {
  const items: StoredObject[] = [];
  let revision = 0;
  let token: string | undefined;
  // With filters beyond the store's, a page may come back half empty; then the next ones fill it, never past the limit.
  for await (const page of pagesOf(store, selection, limit ?? LIST_PAGE, from)) {
    items.push(...page.items);
    revision = page.revision;
    token = page.continue;
    if (limit !== undefined && (items.length >= limit || isPlain(selection))) break;
  }
  return { items, meta: { resourceVersion: String(revision), ...(token === undefined ? {} : { continue: token }) } };
}

function limitOf(query: URLSearchParams): number | undefined {
  const text = query.get('limit');
  if (text === null || text === '' || text === '0') return undefined;
  if (!/^\d{1,9}$/.test(text))
    throw new SlipwayError('invalid', 'BadRequest', `limit must be a whole number, not "${text}"`);
  return Math.min(Number(text), MAX_LIMIT);
}

/** A page is one answer in memory; larger ones would only be asked for to take it away from others. */
const MAX_LIMIT = 10_000;

/** `resourceVersion` and `resourceVersionMatch` of a list: every list here is of the newest state. */
async function checkRevision(store: ObjectStore, query: URLSearchParams): Promise<void> {
  const text = query.get('resourceVersion') ?? '';
  const match = query.get('resourceVersionMatch') ?? '';
  if (match !== '' && (text === '' || Boolean(query.get('continue')))) {
    throw new SlipwayError(
      'invalid',
      'Invalid',
      'resourceVersionMatch is forbidden unless resourceVersion is provided, and with continue',
    );
  }
  if (text === '' || text === '0') return;
  const wanted = revisionOf(text);
  const { revision } = await store.heads();
  if (wanted > revision) throw tooLargeRevision(wanted, revision);
  if (match === 'Exact' && wanted < revision) throw expiredRevision(wanted, revision);
}

/** Errors: `invalid` for what is no revision. */
export function revisionOf(text: string): number {
  const revision = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(revision)) {
    throw new SlipwayError('invalid', 'BadRequest', `invalid resource version "${text}"`);
  }
  return revision;
}

export function tooLargeRevision(wanted: number, current: number): SlipwayError {
  return new SlipwayError('transient', 'Timeout', `Too large resource version: ${wanted}, current: ${current}`, {
    retryAfterMs: 1000,
    // Not a field: client-go looks for this cause to tell "not there yet" from a lost server.
    problems: [{ field: '', reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
  });
}

export function expiredRevision(wanted: number, oldest: number): SlipwayError {
  return new SlipwayError('expired', 'Expired', `too old resource version: ${wanted} (${oldest})`);
}
