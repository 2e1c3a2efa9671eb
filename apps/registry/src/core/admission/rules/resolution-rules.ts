// Requests for remote definitions.

import { RESOLVER_LABEL, type ResolutionRequest } from '@slipway/contracts';

import type { Findings } from './findings.js';

/** The label says which resolver is meant; what the params mean is that resolver's business. */
export function checkResolutionRequest(request: ResolutionRequest, findings: Findings): void {
  if ((request.metadata.labels?.[RESOLVER_LABEL] ?? '') === '') findings.missing(`metadata.labels.${RESOLVER_LABEL}`);
}
