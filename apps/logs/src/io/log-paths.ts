// Where the log of a container is: `<namespace>/<pod uid>/<container>`, each name encoded.

import { SlipwayError, subjectToken } from '@slipway/contracts';

/** Of file systems; a name that is longer when encoded cannot be a Kubernetes name. */
const PATH_PART_MAX = 250;
const PART = /^(=|([\w-]|=[0-9a-f]{2})+)$/;

export interface ContainerKey {
  namespace: string;
  podUid: string;
  container: string;
}

export function podPath({ namespace, podUid }: { namespace: string; podUid: string }): string {
  return `${part(namespace)}/${part(podUid)}`;
}

export function logPath(key: ContainerKey): string {
  return `${podPath(key)}/${part(key.container)}`;
}

/** Whether it is the encoded form of a name. */
export function isLogPart(text: string): boolean {
  return PART.test(text);
}

/** The name that `part` made this of. */
export function nameOf(encoded: string): string {
  return encoded === '=' ? '' : decodeURIComponent(encoded.replaceAll('=', '%'));
}

/** A name that can neither leave its folder nor be mistaken for another. */
function part(name: string): string {
  const encoded = subjectToken(name);
  if (encoded.length <= PATH_PART_MAX) return encoded;
  throw new SlipwayError('invalid', 'BadName', `The name "${name.slice(0, 40)}…" is too long.`);
}
