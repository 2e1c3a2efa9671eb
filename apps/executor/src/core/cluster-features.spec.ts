import { featuresOf } from './cluster-features.js';

test.each([
  ['1', '20', false, false],
  ['1', '28+', false, false],
  ['1', '29', true, false],
  ['1', '34+', true, false],
  ['1', '35', true, true],
  ['2', '0', true, true],
  ['', '', false, false],
])('featuresOf %s.%s: native sidecars %s, image volumes %s', (major, minor, nativeSidecars, imageVolumes) => {
  expect(featuresOf({ major, minor })).toEqual({ nativeSidecars, imageVolumes });
});
