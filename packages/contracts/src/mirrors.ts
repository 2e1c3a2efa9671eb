// Addresses that the operator answers from elsewhere: prefixes of URLs, the longest one that fits wins.

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
  const [best] = mirrors
    .filter(({ from }) => url.startsWith(from))
    .map(({ from, to }) => ({ from, to, url: to + url.slice(from.length) }))
    .filter((mirror) => isBelow(mirror.url, mirror.to))
    .sort((a, b) => b.from.length - a.from.length);
  return best === undefined ? { url, isMirror: false } : { url: best.url, isMirror: true };
}

/** Whether it is still there once `..` and the like are gone: a mirror stands for no more than its operator said. */
function isBelow(url: string, base: string): boolean {
  if (!URL.canParse(url) || !URL.canParse(base)) return true; // nobody fetches it
  return new URL(url).href.startsWith(new URL(base).href);
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
