// Addresses that the operator answers from elsewhere: prefixes of URLs, the longest one that fits wins.

import type { EnvVar } from '@slipway/contracts';

export interface Mirror {
  from: string;
  to: string;
}

export interface Mirrored {
  url: string;
  /** The operator chose this address: it may be a private one, and no tenant's credentials go there. */
  isMirror: boolean;
}

export function mirrored(url: string, mirrors: readonly Mirror[]): Mirrored {
  const [best] = mirrors.filter(({ from }) => url.startsWith(from)).sort((a, b) => b.from.length - a.from.length);
  return best === undefined ? { url, isMirror: false } : { url: best.to + url.slice(best.from.length), isMirror: true };
}

/** `url.<to>.insteadOf = <from>` among git's settings says the same for git. */
export function gitMirrors(settings: readonly (readonly [key: string, value: string])[]): Mirror[] {
  return settings.flatMap(([key, from]) => {
    const to = /^url\.(.+)\.insteadof$/i.exec(key)?.[1];
    return to === undefined ? [] : [{ from, to }];
  });
}

/** `from=to` pairs, separated by commas or blanks; undefined where one is none. */
export function parseMirrors(text: string): Mirror[] | undefined {
  const pairs = text.split(/[\s,]+/).filter((pair) => pair !== '');
  const mirrors = pairs.map((pair) => {
    const [, from, to] = /^(\w+:\/\/[^=]+)=(https?:\/\/.+)$/.exec(pair) ?? [];
    return from === undefined || to === undefined ? undefined : { from, to };
  });
  return mirrors.every((mirror) => mirror !== undefined) ? mirrors : undefined;
}

/** The variable by which a step learns what it fetches from elsewhere: those mirrors alone that matter to it. */
export function mirrorsEnv(mirrors: readonly Mirror[], bases: readonly string[]): EnvVar[] {
  const needed = mirrors.filter(({ from }) => bases.some((base) => base.startsWith(from) || from.startsWith(base)));
  if (needed.length === 0) return [];
  return [{ name: 'MIRRORS', value: needed.map(({ from, to }) => `${from}=${to}`).join(' ') }];
}
