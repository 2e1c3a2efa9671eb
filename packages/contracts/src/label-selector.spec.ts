import { SlipwayError } from './errors.js';
import { matchesLabels, parseLabelSelector } from './label-selector.js';

const labels = { app: 'web', tier: 'front', 'tekton.dev/pipelineRun': 'r1', size: '3', empty: '' };

// prettier-ignore
const table: [selector: string, matches: boolean][] = [
  ['', true],
  ['app=web', true],
  ['app==web', true],
  ['app = web , tier=front', true],
  ['app=db', false],
  ['app!=db', true],
  ['app!=web', false],
  ['missing!=x', true],
  ['missing=x', false],
  ['app in (web, db)', true],
  ['app in (db)', false],
  ['app notin (web)', false],
  ['missing notin (web)', true],
  ['app', true],
  ['!app', false],
  ['!missing', true],
  ['tekton.dev/pipelineRun=r1,app in (web),!old', true],
  ['empty=', true],
  ['size>2', true],
  ['size<3', false],
  ['app>2', false],
  ['constructor', false],
];

test.each(table)('the selector "%s" matches: %s', (selector, matches) => {
  expect(matchesLabels(parseLabelSelector(selector), labels)).toBe(matches);
});

test.each([
  'app=web=db',
  'a b',
  'app in web',
  'app in (a',
  ',',
  'a,,b',
  'k>x',
  'app=b@d',
  '-x',
  'a/b/c=d',
  '__proto__',
])('the selector "%s" is refused by name', (selector) => {
  const parse = (): unknown => parseLabelSelector(selector);
  expect(parse).toThrow(SlipwayError);
  expect(parse).toThrow(/unable to parse requirement/);
});
