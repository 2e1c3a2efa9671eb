import { RESOURCE_KINDS } from '@slipway/contracts';
import { openApiPaths, openApiV3 } from './document.js';
import type { OpenApiObject } from './operations.js';

const refsIn = (value: unknown): string[] => {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => (key === '$ref' ? [String(member)] : refsIn(member)));
};
const schemasOf = (document: OpenApiObject): Record<string, OpenApiObject> =>
  (document['components'] as { schemas: Record<string, OpenApiObject> }).schemas;

describe('openApiPaths', () => {
  it('names a document for every group and version', () => {
    expect(openApiPaths(RESOURCE_KINDS).sort()).toEqual([
      'api/v1',
      'apis/build.knative.dev/v1alpha1',
      'apis/caching.internal.knative.dev/v1alpha1',
      'apis/rbac.authorization.k8s.io/v1',
      'apis/resolution.tekton.dev/v1alpha1',
      'apis/resolution.tekton.dev/v1beta1',
      'apis/slipway.dev/v1alpha1',
      'apis/tekton.dev/v1',
      'apis/tekton.dev/v1alpha1',
      'apis/tekton.dev/v1beta1',
    ]);
  });
});

describe.each([
  ['tekton.dev', 'v1'],
  ['tekton.dev', 'v1beta1'],
  ['tekton.dev', 'v1alpha1'],
  ['resolution.tekton.dev', 'v1beta1'],
  ['resolution.tekton.dev', 'v1alpha1'],
  ['slipway.dev', 'v1alpha1'],
  ['rbac.authorization.k8s.io', 'v1'],
  ['', 'v1'],
])('openApiV3 of %s/%s', (group, version) => {
  const document = openApiV3(group, version);

  it('refers only to schemas that it holds', () => {
    const known = new Set(Object.keys(schemasOf(document)).map((name) => `#/components/schemas/${name}`));
    expect(refsIn(document).filter((ref) => !known.has(ref))).toEqual([]);
  });

  it('tells the kind and that fields are validated, on PATCH of every kind', () => {
    const paths = document['paths'] as Record<string, Record<string, OpenApiObject>>;
    const patches = Object.entries(paths).filter(([path]) => path.endsWith('/{name}'));
    expect(patches.length).toBeGreaterThan(0);
    for (const [, { patch }] of patches) {
      expect(patch!['x-kubernetes-group-version-kind']).toMatchObject({ group, version });
      expect(patch!['parameters']).toContainEqual(expect.objectContaining({ name: 'fieldValidation', in: 'query' }));
    }
  });

  it('has one operation id each', () => {
    const paths = Object.values(document['paths'] as Record<string, Record<string, OpenApiObject>>);
    const ids = paths.flatMap((path) => Object.values(path).flatMap((operation) => operation['operationId'] ?? []));
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('is built once', () => {
    expect(openApiV3(group, version)).toBe(document);
  });
});

describe('the schema of PipelineRun', () => {
  it('describes what kubectl explain asks for', () => {
    const schemas = schemasOf(openApiV3('tekton.dev', 'v1'));
    expect(schemas['dev.tekton.v1.PipelineRun']!['x-kubernetes-group-version-kind']).toEqual([
      { group: 'tekton.dev', version: 'v1', kind: 'PipelineRun' },
    ]);
    const timeouts = schemas['dev.tekton.v1.TimeoutFields']!['properties'] as OpenApiObject;
    expect(Object.keys(timeouts)).toEqual(['pipeline', 'tasks', 'finally']);
  });
});
