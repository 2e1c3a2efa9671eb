import { yamlValue } from './yaml-file.js';

const file = { what: 'The kubeconfig f', reason: 'BadKubeconfig' };

test('yamlValue reads YAML and JSON', () => {
  expect(yamlValue('a: [1]\n', file)).toEqual({ a: [1] });
  expect(yamlValue('{"a": [1]}', file)).toEqual({ a: [1] });
});

// prettier-ignore
const refused: [given: string, text: string, message: RegExp][] = [
  ['an open list', 'a: 1\nb: [', /^The kubeconfig f is not YAML \(line 2, column 5: .+\)\.$/],
  ['what is hostile', '}'.repeat(256 * 1024), /^The kubeconfig f is not YAML \(line 1, column 1: Unexpected flow-map-end .+\)\.$/],
  ['a name that stands for nothing', 'a: *b', /^The kubeconfig f is not YAML.*\.$/],
];

test.each(refused)('yamlValue refuses %s, and says where', (_given, text, message) => {
  expect(() => yamlValue(text, file)).toThrow(message);
});
