import { isConstraint, newestMatching } from './version-constraint.js';

const versions = ['0.1.0', '0.2.0', '0.10.0', '1.0.0', '1.1.0', '2.0.0-beta'];

// prettier-ignore
test.each([
  ['>= 0.2.0', '1.1.0'],
  ['> 0.1.0, < 1.0.0', '0.10.0'],
  ['<=0.2', '0.2.0'],
  ['!= 1.1.0', '1.0.0'],
  ['~0.10', '0.10.0'],
  ['^0.2.0', '0.2.0'],
  ['^1.0.0', '1.1.0'],
  ['= 1.0', '1.0.0'],
  ['> 9', undefined],
  ['>= x', undefined],
  ['>= 2.0.0', undefined],
])('newestMatching of %s is %s: by number, and never one that is not finished', (constraint, version) => {
  expect(isConstraint(constraint)).toBe(true);
  expect(newestMatching(versions, constraint)).toBe(version);
});

test('isConstraint tells a version from a constraint', () => {
  expect(['0.6', '0.6.0', 'v1', '1.0.0-rc1'].some(isConstraint)).toBe(false);
});
