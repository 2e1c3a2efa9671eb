import { problems } from '../validation-cases.js';

test('validate says of a ResolutionRequest that a label must name its resolver', () => {
  expect(problems('ResolutionRequest', { spec: {} })).toEqual([
    'metadata.labels.resolution.tekton.dev/type: missing field(s)',
  ]);
  const metadata = { name: 'n', labels: { 'resolution.tekton.dev/type': 'git' } };
  expect(problems('ResolutionRequest', { metadata, spec: { params: [{ name: 'url', value: 'u' }] } })).toEqual([]);
});
