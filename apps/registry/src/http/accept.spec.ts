import { aggregatedDiscovery, negotiate } from './accept.js';

// prettier-ignore
const forms: [accept: string | undefined, shape: string, encoding: string][] = [
  [undefined, 'object', 'json'],
  ['', 'object', 'json'],
  ['*/*', 'object', 'json'],
  ['application/json', 'object', 'json'],
  ['application/yaml', 'object', 'yaml'],
  ['application/yaml;q=0.5, application/json', 'object', 'json'],
  ['application/vnd.kubernetes.protobuf,application/json', 'object', 'json'],
  ['application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json', 'table', 'json'],
  ['application/json;as=Table;v=v2;g=meta.k8s.io,application/json', 'object', 'json'],
  ['application/json; as=Table; g=other.io; v=v1, */*', 'object', 'json'],
  ['application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1', 'partial', 'json'],
  ['application/vnd.kubernetes.protobuf;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1', 'partial', 'json'],
  ['text/html,application/xhtml+xml,*/*;q=0.8', 'object', 'json'],
];

describe('negotiate', () => {
  test.each(forms)('answers %p as %s in %s', (accept, shape, encoding) => {
    expect(negotiate(accept)).toEqual({ shape, encoding });
  });

  test.each([
    'text/html',
    'application/vnd.kubernetes.protobuf',
    'application/json;q=0',
    'application/json;as=Table;v=v9;g=meta.k8s.io',
  ])('refuses a client that takes only %s', (accept) => {
    expect(() => negotiate(accept)).toThrow(expect.objectContaining({ reason: 'NotAcceptable' }) as Error);
  });
});

describe('aggregatedDiscovery', () => {
  const v2 = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
  const beta = 'application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList';
  test.each([
    [`${v2},${beta},application/json`, 'v2'],
    [`${beta},application/json`, 'v2beta1'],
    [`application/json,${v2}`, undefined],
    ['application/json', undefined],
    [undefined, undefined],
  ])('takes from %p the version %p', (accept, version) => {
    expect(aggregatedDiscovery(accept)).toBe(version);
  });
});
