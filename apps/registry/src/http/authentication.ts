// Who is calling. Where the answer comes from depends on where the API is served: tokens of a file (bearer-tokens.ts), or
// the front proxy of a cluster (front-proxy.ts).

import type { IncomingHttpHeaders } from 'node:http';
import { SlipwayError } from '@slipway/contracts';

/** What a user may do: every combination of the three lists. `*` is everything. */
export interface Rule {
  /** `*` also allows cluster-scoped objects, and lists over all namespaces. */
  namespaces: readonly string[];
  /** `pods`, `pods/log`, `pipelineruns.tekton.dev`. */
  resources: readonly string[];
  verbs: readonly string[];
}

export interface User {
  name: string;
  groups: readonly string[];
  uid?: string;
  /** What else a cluster knows of the user, for its authorizer. */
  extra?: Readonly<Record<string, readonly string[]>>;
  /** What the user's token allows. Absent: others are asked. */
  rules?: readonly Rule[];
}

/** A request, as far as it tells who sends it. */
export interface Sender {
  headers: IncomingHttpHeaders;
  /** Names and values in turn, as they came: a header may be there more than once. */
  rawHeaders: readonly string[];
  /** The subject of the client's certificate, when an authority that counts has signed it; undefined otherwise. */
  certifiedName: string | undefined;
}

/** Errors: SlipwayError('unauthorized'), the same whatever is wrong. */
export type Authenticate = (sender: Sender) => User;

export function unauthorized(): SlipwayError {
  return new SlipwayError('unauthorized', 'Unauthorized', 'Unauthorized');
}
