// A document that somebody fetched, read as the API reads a body: any served version, completed, validated.

import { SlipwayError, resourceKindOf, type AdmitRequest, type KubeObject } from '@slipway/contracts';
import type { AdmissionLimits } from '../core/admission/limits.js';
import { isObject } from '../core/patch/json-value.js';
import { decodeBody, validated } from './admit.js';
import { parseBody } from './body.js';

/** Errors: `invalid` with everything that is wrong, or saying what the document is instead of the kind asked for. */
export function admitDocument({ document, kind: wanted }: AdmitRequest, limits: AdmissionLimits): KubeObject {
  const body = parseBody('application/yaml', Buffer.from(document));
  if (!isObject(body.value)) throw refused(`the document is no object, and a ${wanted} is wanted`);
  const { apiVersion, kind } = body.value;
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') {
    throw refused(`the document names no apiVersion and kind, and a ${wanted} is wanted`);
  }
  if (kind !== wanted) throw refused(`the document is a ${JSON.stringify(kind)}, and a ${wanted} is wanted`);
  const found = resourceKindOf(apiVersion, kind);
  if (found?.group !== 'tekton.dev') throw refused(`no ${wanted} of ${JSON.stringify(apiVersion)} is served here`);
  const version = apiVersion.slice(apiVersion.indexOf('/') + 1);
  return validated(found, decodeBody(found, version, body, 'Ignore').object, limits);
}

function refused(message: string): SlipwayError {
  return new SlipwayError('invalid', 'BadRequest', message);
}
