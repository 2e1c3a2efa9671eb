// Fields that Tekton's v1 does not have any more and that nothing replaces: kept, since Slipway honours them, and told.

import type { FileObject } from './files.js';
import { partsOf } from './shapes.js';
import { entryOf } from './tree.js';

const CONTAINER_FIELDS = [
  'ports',
  'livenessProbe',
  'readinessProbe',
  'startupProbe',
  'lifecycle',
  'terminationMessagePath',
  'terminationMessagePolicy',
  'stdin',
  'stdinOnce',
  'tty',
] as const;

export interface LostField {
  message: string;
  hint: string;
  offset: number;
}

/** Each such field of each step, of an object that is v1 now. */
export function lostFields({ tree, kind }: Pick<FileObject, 'tree' | 'kind'>): LostField[] {
  return partsOf(kind, tree).flatMap(({ definition, tree: part, path }) => {
    if (definition !== 'Step' && definition !== 'StepTemplate') return [];
    return CONTAINER_FIELDS.flatMap((field) => {
      const found = entryOf(part, field);
      if (found === undefined) return [];
      const message = `${path}.${field} is no field of a step in Tekton's v1, which ignores it; Slipway does not.`;
      return [{ message, hint: 'Remove it where Tekton is to run this.', offset: found.offset }];
    });
  });
}
