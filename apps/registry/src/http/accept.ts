// Which form an answer takes: the `Accept` header of a request against the forms that the API can give.

import { SlipwayError } from '@slipway/contracts';

/** How an object or a list is shown. */
export type Shape = 'object' | 'table' | 'partial';
export interface Form {
  shape: Shape;
  encoding: 'json' | 'yaml';
}

export interface AcceptClause {
  type: string;
  params: Record<string, string>;
}

/** The clauses of an `Accept` header by descending quality; clauses of one quality keep their order. */
export function acceptClauses(header: string | undefined): AcceptClause[] {
  const clauses = (header === undefined || header.trim() === '' ? '*/*' : header).split(',').map((text) => {
    const [type = '', ...rest] = text.split(';').map((part) => part.trim());
    const params: Record<string, string> = Object.create(null) as Record<string, string>;
    for (const part of rest) {
      const at = part.indexOf('=');
      if (at > 0) params[part.slice(0, at).toLowerCase()] = part.slice(at + 1);
    }
    return { type: type.toLowerCase(), params };
  });
  const quality = ({ params }: AcceptClause): number => (params['q'] === undefined ? 1 : Number(params['q']) || 0);
  return clauses.filter((clause) => quality(clause) > 0).sort((a, b) => quality(b) - quality(a));
}

/**
 * The first form that the client accepts and we can give.
 *
 * Errors: SlipwayError('invalid', 'NotAcceptable') when there is none, as the API server's 406.
 */
export function negotiate(header: string | undefined): Form {
  for (const { type, params } of acceptClauses(header)) {
    const encoding = ENCODINGS[type];
    if (encoding === undefined) continue;
    const as = params['as'];
    if (as === undefined || as === '') return { shape: 'object', encoding };
    // Tables and metadata exist in JSON only; v1beta1 has the same fields as v1.
    if (params['g'] !== 'meta.k8s.io' || (params['v'] !== 'v1' && params['v'] !== 'v1beta1')) continue;
    if (as === 'Table') return { shape: 'table', encoding };
    if (as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList') return { shape: 'partial', encoding };
  }
  throw new SlipwayError(
    'invalid',
    'NotAcceptable',
    'only the following media types are accepted: application/json, application/yaml',
  );
}

const ENCODINGS: Record<string, 'json' | 'yaml'> = {
  'application/json': 'json',
  'application/yaml': 'yaml',
  'application/*': 'json',
  '*/*': 'json',
};

/** Whether, and as which version, the client wants aggregated discovery. */
export function aggregatedDiscovery(header: string | undefined): 'v2' | 'v2beta1' | undefined {
  for (const { type, params } of acceptClauses(header)) {
    if (type !== 'application/json') continue;
    const { g, v, as } = params;
    if (g === 'apidiscovery.k8s.io' && as === 'APIGroupDiscoveryList' && (v === 'v2' || v === 'v2beta1')) return v;
    if (as === undefined) return undefined;
  }
  return undefined;
}
