import type { Matrix } from '@slipway/contracts';
import { task } from '../../test/builders.js';
import { play } from '../../test/played.js';
import { fanOut, isEmptyMatrix } from './matrix.js';

const params = (values: Record<string, string[]>): NonNullable<Matrix['params']> =>
  Object.entries(values).map(([name, value]) => ({ name, value }));
const include = (...all: Record<string, string>[]): NonNullable<Matrix['include']> =>
  all.map((one) => ({ params: Object.entries(one).map(([name, value]) => ({ name, value })) }));
/** `os=linux go=1` for each combination. */
const texts = (matrix: Matrix): string[] =>
  fanOut(matrix).map((combination) => combination.map(({ name, value }) => `${name}=${value as string}`).join(' '));

const two = params({ os: ['linux', 'mac'], go: ['1', '2'] });

const rows: [what: string, matrix: Matrix, is: string[]][] = [
  ['varies the first declared param fastest, and sorts each by name', { params: two }, ['go=1 os=linux', 'go=1 os=mac', 'go=2 os=linux', 'go=2 os=mac']],
  ['of includes alone is one run each, with what it says', { include: include({ a: '1' }, { b: '2', a: '3' }) }, ['a=1', 'a=3 b=2']],
  ['gives an include without a param of the matrix to all', { params: params({ os: ['linux', 'mac'] }), include: include({ flags: '-v' }) }, ['flags=-v os=linux', 'flags=-v os=mac']],
  ['gives an include to the combinations that it matches', { params: two, include: include({ os: 'mac', flags: '-v' }) }, ['go=1 os=linux', 'flags=-v go=1 os=mac', 'go=2 os=linux', 'flags=-v go=2 os=mac']],
  ['matches all params of an include', { params: two, include: include({ os: 'mac', go: '2', flags: '-v' }) }, ['go=1 os=linux', 'go=1 os=mac', 'go=2 os=linux', 'flags=-v go=2 os=mac']],
  ['adds an include with a value that the matrix does not have, with its own params only', { params: two, include: include({ os: 'bsd', flags: '-v' }) }, ['go=1 os=linux', 'go=1 os=mac', 'go=2 os=linux', 'go=2 os=mac', 'flags=-v os=bsd']],
  ['lets a later include overwrite an earlier one', { params: params({ os: ['linux'] }), include: include({ flags: '-a' }, { os: 'linux', flags: '-b' }) }, ['flags=-b os=linux']],
  ['has no combination where a param has no values', { params: params({ os: ['linux'], go: [] }) }, []],
]; // prettier-ignore

test.each(rows)('a matrix %s', (_what, matrix, is) => {
  expect(texts(matrix)).toEqual(is);
});

const wrong: [what: string, matrix: Matrix, says: string][] = [
  ['takes a text for an array', { params: [{ name: 'os', value: 'linux' }] }, 'parameters of type array only are allowed, but param os has type string'],
  ['takes an object for an array', { params: [{ name: 'os', value: { a: 'b' } }] }, 'parameters of type array only are allowed, but param os has type object'],
  ['includes an array', { include: [{ params: [{ name: 'os', value: ['linux'] }] }] }, 'parameters of type string only are allowed, but param os has type array'],
]; // prettier-ignore

test.each(wrong)('a matrix fails its run where it %s', (_what, matrix, says) => {
  const { condition } = play({ tasks: [{ ...task('a'), matrix }] }).last!;
  expect(condition).toMatchObject({ status: 'False', reason: 'InvalidMatrixParameterTypes' });
  expect(condition.message).toBe(`Failed to validate matrix of pipeline task "a" with error ${says}`);
});

test('a matrix over a result that is no array fails its run', () => {
  const a = { ...task('a'), taskSpec: { ...task('a').taskSpec, results: [{ name: 'r' }] } };
  const matrix = { params: [{ name: 'x', value: '$(tasks.a.results.r[*])' }] };
  const run = play({ tasks: [a, { ...task('b'), matrix }] }).end('a', 'succeeded', { r: 'text' });
  expect(run.order).toEqual(['a']);
  expect(run.last?.condition).toMatchObject({ status: 'False', reason: 'InvalidMatrixParameterTypes' });
});

test('only a param without values makes a matrix empty', () => {
  expect(isEmptyMatrix({ params: params({ os: ['linux'], go: [] }) })).toBe(true);
  expect(isEmptyMatrix({ params: two })).toBe(false);
  expect(isEmptyMatrix({ include: include({ a: '1' }) })).toBe(false);
  expect(isEmptyMatrix(undefined)).toBe(false);
});
