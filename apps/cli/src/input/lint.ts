// What files say that works and is dangerous all the same.

import { injectionText, scriptInjections, type ScriptInjection } from '@slipway/contracts';
import type { SourceObject } from './documents.js';
import { placeText } from './problems.js';

export interface Lint {
  /** With file and line. */
  text: string;
  quoting: ScriptInjection['quoting'];
}

/** Every variable that stands in a shell script of the objects, in the order of the files. */
export function lintObjects(sources: readonly SourceObject[]): Lint[] {
  return sources.flatMap((source) =>
    scriptInjections(source.object).map((found) => ({
      text: `${placeText(source.find(found.field).place)}: ${injectionText(found)}`,
      quoting: found.quoting,
    })),
  );
}
