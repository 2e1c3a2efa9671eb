import { depthRefusal, maxDepthOf, withMaxDepth } from './depth.js';

const at = (annotations: Record<string, string>) => ({ metadata: { name: 'r', namespace: 'ns', annotations } });
const above = (maxDepth: string) => at({ 'slipway.dev/max-depth': maxDepth });

// prettier-ignore
const rows: [what: string, above: ReturnType<typeof at>, own: number | undefined, limit: number][] = [
  ['the default, where nobody says', at({}), undefined, 10],
  ['its own', at({}), 30, 30],
  ['that of a run above it', above('3'), undefined, 3],
  ['the lower of both, where it is its own', above('7'), 3, 3],
  ['the lower of both, where it is the one above', above('3'), 50, 3],
  ['its own, where the annotation is no number', above('many'), 4, 4],
];

test.each(rows)('the limit of a run is %s', (_what, run, own, limit) => {
  expect(maxDepthOf(withMaxDepth(run, own === undefined ? {} : { maxDepth: own }))).toBe(limit);
});

test('a run below the limit is refused with its depth', () => {
  expect(depthRefusal(at({ 'slipway.dev/depth': '3' }), 3)).toBeUndefined();
  expect(depthRefusal(at({ 'slipway.dev/depth': '4' }), 3)).toMatchObject({
    reason: 'MaxDepthExceeded',
    message: expect.stringContaining('ns/r is nested 4 deep, the maximum is 3') as string,
  });
});
