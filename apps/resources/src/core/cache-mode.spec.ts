import type { Param } from '@slipway/contracts';
import { mayCache } from './cache-mode.js';
import { ResolverParams } from './resolver-params.js';

const given = (values: Record<string, string>): Param[] =>
  Object.entries(values).map(([name, value]) => ({ name, value }));

// prettier-ignore
test.each([
  ['bundles', { bundle: `a@sha256:${'a'.repeat(64)}` }, true],
  ['bundles', { bundle: 'a:latest' }, false],
  ['git', { revision: 'a'.repeat(40) }, true],
  ['git', { revision: 'main' }, false],
  ['git', {}, false],
  ['http', { digest: 'sha256:aa' }, true],
  ['http', { url: 'https://x' }, false],
  ['hub', { version: '0.1' }, false],
  ['cluster', { name: 'x' }, false],
] as const)('mayCache under auto: %s with %j is %s', (resolver, params, may) => {
  expect(mayCache(resolver, given(params), 'auto')).toBe(may);
  expect(mayCache(resolver, given(params), 'always')).toBe(true);
  expect(mayCache(resolver, given(params), 'never')).toBe(false);
});

test('ResolverParams tells every problem at once', () => {
  const params = new ResolverParams('git', [
    { name: 'url', value: ['a'] },
    { name: 'scmType', value: 'cvs' },
    { name: 'long', value: 'x'.repeat(9000) },
  ]);
  params.required('pathInRepo');
  params.oneOf('scmType', ['github', 'gitlab'], 'github');
  expect(() => params.done()).toThrow(
    'the params of the git resolver cannot be used: param "url" must be a string; param "long" is longer than 8192 ' +
      'characters; param "pathInRepo" is missing; param "scmType" must be one of github, gitlab',
  );
});

test('ResolverParams keeps a param called __proto__ to itself', () => {
  const params = new ResolverParams('git', [{ name: '__proto__', value: 'x' }]);
  expect(params.optional('__proto__')).toBe('x');
  expect(params.optional('toString')).toBeUndefined();
});
