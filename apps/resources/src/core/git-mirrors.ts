// Mirrors as git and steps are told of them.

import type { EnvVar, Mirror } from '@slipway/contracts';

/** `url.<to>.insteadOf = <from>` among git's settings says the same for git. */
export function gitMirrors(settings: readonly (readonly [key: string, value: string])[]): Mirror[] {
  return settings.flatMap(([key, from]) => {
    const to = /^url\.(.+)\.insteadof$/i.exec(key)?.[1];
    return to === undefined ? [] : [{ from, to }];
  });
}

/** The variable by which a step learns what it fetches from elsewhere: those mirrors alone that matter to it. */
export function mirrorsEnv(mirrors: readonly Mirror[], bases: readonly string[]): EnvVar[] {
  const needed = mirrors.filter(({ from }) => bases.some((base) => base.startsWith(from) || from.startsWith(base)));
  if (needed.length === 0) return [];
  return [{ name: 'MIRRORS', value: needed.map(({ from, to }) => `${from}=${to}`).join(' ') }];
}
