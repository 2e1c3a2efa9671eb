import type { ParamSpec } from '@slipway/contracts';
import { outsideTaskEnum } from './enum-subset.js';

const taskEnum = ['v1', 'v2', 'v3'];

function found(value: string | string[], param: Partial<ParamSpec>, allowed: string[] = taskEnum): string | undefined {
  const task = { name: 't', taskRef: { name: 'deploy' }, params: [{ name: 'version', value }] };
  const spec = { params: [{ name: 'version', enum: allowed }], steps: [] };
  return outsideTaskEnum(task, [{ name: 'p', type: 'string', ...param }, { name: 'q' }], spec);
}

describe('outsideTaskEnum', () => {
  it.each<[what: string, found: string | undefined, expected: string | undefined]>([
    ['a part of what the task takes', found('$(params.p)', { enum: ['v1', 'v3'] }), undefined],
    ['a task that takes anything', found('$(params.p)', {}, []), undefined],
    ['a text of its own', found('v9', {}), undefined],
    ['several params in one text', found('$(params.p)$(params.q)', {}), undefined],
    ['a param that is none of the pipeline', found('$(params.other)', {}), undefined],
    [
      'a param that may be anything',
      found('$(params["p"])', {}),
      'pipeline param "p" has no enum, but referenced in "deploy" task has enums: [v1 v2 v3]',
    ],
    [
      'a param that may be something else',
      found('$(params.p)', { enum: ['v1', 'v4'] }),
      'pipeline param "p" enum: [v1 v4] is not a subset of the referenced in "deploy" task param enum: [v1 v2 v3]',
    ],
  ])('judges %s', (_what, actual, expected) => {
    expect(actual).toBe(expected);
  });
});
