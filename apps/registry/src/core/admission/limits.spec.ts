import { resourceKindOf, type KubeObject } from '@slipway/contracts';
import { validate } from './validate.js';

test('a matrix may have as many combinations as the setting says, Tekton’s 256 by default', () => {
  const value = Array.from({ length: 300 }, (_, i) => `${i}`);
  const task = { name: 't', matrix: { params: [{ name: 'p', value }] }, taskRef: { name: 'task' } };
  const pipeline = {
    apiVersion: 'tekton.dev/v1',
    kind: 'Pipeline',
    metadata: { name: 'p', namespace: 'ns' },
    spec: { tasks: [task] },
  } as KubeObject;
  const kind = resourceKindOf('tekton.dev/v1', 'Pipeline')!;
  expect(validate(kind, pipeline).map(({ message }) => message)).toEqual(['expected 0 <= 300 <= 256']);
  expect(validate(kind, pipeline, undefined, { maxMatrixCombinations: 300 })).toEqual([]);
});
