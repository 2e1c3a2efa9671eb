// Whether the answer to a reference may come from the cache: the param `cache`, and what `auto` makes of the others.

import type { Param, ResolverName } from '@slipway/contracts';

/** `auto`: only what can never change, because its digest or commit is in the reference. */
export type CacheMode = 'always' | 'never' | 'auto';
export const CACHE_MODES: readonly CacheMode[] = ['always', 'never', 'auto'];

export function mayCache(resolver: ResolverName, params: readonly Param[], mode: CacheMode): boolean {
  if (mode !== 'auto') return mode === 'always';
  const text = (name: string): string => {
    const value = params.find((param) => param.name === name)?.value;
    return typeof value === 'string' ? value : '';
  };
  switch (resolver) {
    case 'bundles':
      return /@sha256:[0-9a-f]{64}$/.test(text('bundle'));
    case 'git':
      return /^[0-9a-f]{40}([0-9a-f]{24})?$/.test(text('revision'));
    case 'http':
      return text('digest') !== '';
    case 'hub':
    case 'cluster':
      return false;
  }
}
