// `/openapi/v3`: the index and the documents. kubectl keeps a document by its hash, and asks again only for another one.
//
// For a kind that v3 does not name kubectl asks `/openapi/v2`, and refuses the whole file when there is none. An empty document
// (no bytes at all, in the only encoding that it asks for) lets it go on to what is true: there is no such kind. The API
// server of a cluster asks for it in JSON, takes up no group of ours before it has it, and joins it to its own.

import { createHash } from 'node:crypto';
import { openApiPaths, openApiV3 } from '../core/openapi/document.js';
import { value, type Answer, type ApiRequest } from './exchange.js';
import type { Served } from './served.js';

interface Document {
  text: string;
  hash: string;
}

const V2 = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf';

/** Documents are large, the same for everybody, and made when first asked for. */
const documents = new Map<string, Document>();

/** `path` is what follows `/openapi/`. Undefined: there is no such document. */
export function openApi(served: Served, path: string, { query, headers }: ApiRequest): Answer | undefined {
  if (path === 'v3') return index(served);
  if (path === 'v2') return v2(headers.accept ?? '');
  const name = openApiPaths(served.kinds).find((one) => path === `v3/${one}`);
  if (name === undefined) return undefined;
  const { text, hash } = documentOf(name);
  const etag = `"${hash}"`;
  const isKept = headers['if-none-match']?.includes(etag) === true;
  return {
    kind: 'text',
    status: isKept ? 304 : 200,
    contentType: 'application/json',
    text: isKept ? '' : text,
    // An address with the hash of its content never changes what it says.
    headers: {
      etag,
      ...(query.get('hash') === hash ? { 'cache-control': 'public, immutable, max-age=31536000' } : {}),
    },
  };
}

function v2(accept: string): Answer {
  if (accept.includes('proto-openapi')) return { kind: 'text', status: 200, contentType: V2, text: '' };
  return value(200, { swagger: '2.0', info: { title: 'Slipway', version: 'v1' }, paths: {}, definitions: {} });
}

function index({ kinds }: Served): Answer {
  const paths = openApiPaths(kinds).map((name) => [
    name,
    { serverRelativeURL: `/openapi/v3/${name}?hash=${documentOf(name).hash}` },
  ]);
  return { kind: 'value', status: 200, value: { paths: Object.fromEntries(paths) as object } };
}

function documentOf(name: string): Document {
  let document = documents.get(name);
  if (document === undefined) {
    const [root, first = '', second = ''] = name.split('/');
    const text = JSON.stringify(root === 'api' ? openApiV3('', first) : openApiV3(first, second));
    document = { text, hash: createHash('sha256').update(text).digest('hex').slice(0, 32).toUpperCase() };
    documents.set(name, document);
  }
  return document;
}
