// Users that a cluster's API server vouches for: it has authenticated them, and says in headers who they are.
//
//   P1. The headers count only on a connection whose client certificate the front proxy's authority signed, and whose
//       name is among those that may vouch; on every other connection they are as good as absent.
//   P2. Which authority and which names these are may change at any time, and counts from then on.

import { unauthorized, type Authenticate, type Sender, type User } from './authentication.js';

/** What `extension-apiserver-authentication` in `kube-system` says. */
export interface FrontProxySettings {
  /** PEM of the authorities. */
  clientCa: string;
  /** Names that may vouch; empty: every certificate of the authority. */
  allowedNames: readonly string[];
  usernameHeaders: readonly string[];
  groupHeaders: readonly string[];
  extraHeaderPrefixes: readonly string[];
}

const AUTHENTICATED = 'system:authenticated';
const UNAUTHENTICATED = 'system:unauthenticated';

export function frontProxyUsers(settings: () => FrontProxySettings | undefined): Authenticate {
  return (sender) => {
    const now = settings(); // P2
    if (now === undefined || !mayVouch(now, sender.certifiedName)) throw unauthorized(); // P1
    const user = userOf(now, sender);
    if (user === undefined) throw unauthorized();
    return user;
  };
}

function mayVouch({ allowedNames }: FrontProxySettings, name: string | undefined): boolean {
  return name !== undefined && (allowedNames.length === 0 || allowedNames.includes(name));
}

function userOf(settings: FrontProxySettings, { rawHeaders }: Sender): User | undefined {
  const headers: [name: string, value: string][] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) headers.push([rawHeaders[i]!.toLowerCase(), rawHeaders[i + 1]!]);
  const valuesOf = (names: readonly string[]): string[] =>
    names.flatMap((name) => headers.filter(([given]) => given === name.toLowerCase()).map(([, value]) => value));

  const name = valuesOf(settings.usernameHeaders).find((value) => value !== '');
  if (name === undefined) return undefined;
  const groups = valuesOf(settings.groupHeaders);
  // As API servers do: whoever was authenticated is in this group, also where the proxy speaks for itself.
  const isPlaced = groups.includes(AUTHENTICATED) || groups.includes(UNAUTHENTICATED) || name === 'system:anonymous';
  const extra = extraOf(settings.extraHeaderPrefixes, headers);
  return {
    name,
    groups: isPlaced ? groups : [...groups, AUTHENTICATED],
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  };
}

function extraOf(prefixes: readonly string[], headers: [name: string, value: string][]): Record<string, string[]> {
  const extra = new Map<string, string[]>();
  for (const [name, value] of headers) {
    const prefix = prefixes.find((one) => name.startsWith(one.toLowerCase()));
    if (prefix === undefined) continue;
    const key = unescaped(name.slice(prefix.length));
    extra.set(key, [...(extra.get(key) ?? []), value]);
  }
  return Object.fromEntries(extra);
}

function unescaped(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}
