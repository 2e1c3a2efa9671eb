import { RESOURCE_KINDS } from '@slipway/contracts';
import { aggregated, apiGroup, apiGroupList, apiResourceList } from './discovery.js';
import { BESIDE_A_CLUSTER, WHOLE_API } from './served.js';

interface Legacy {
  resources: {
    name: string;
    singularName: string;
    namespaced: boolean;
    kind: string;
    verbs: string[];
    shortNames?: string[];
  }[];
}
interface Aggregated {
  items: {
    metadata: { name: string };
    versions: {
      version: string;
      resources: { resource: string; scope: string; verbs: string[]; subresources?: { subresource: string }[] }[];
    }[];
  }[];
}

describe('discovery', () => {
  const legacy = (group: string, version: string): Legacy => apiResourceList(WHOLE_API, group, version) as Legacy;

  test('every kind is listed in each of its versions, and in no other', () => {
    for (const kind of RESOURCE_KINDS) {
      for (const version of WHOLE_API.groups.get(kind.group)!) {
        const found = legacy(kind.group, version).resources.filter(({ name }) => name === kind.plural);
        expect([kind.plural, version, found.length]).toEqual([
          kind.plural,
          version,
          kind.versions.includes(version) ? 1 : 0,
        ]);
      }
    }
  });

  test.each(['v2', 'v2beta1'] as const)('the aggregated document (%s) says the same as the legacy ones', (version) => {
    for (const root of ['api', 'apis'] as const) {
      const { items } = aggregated(WHOLE_API, root, version) as Aggregated;
      for (const { metadata, versions } of items) {
        for (const served of versions) {
          const flat = served.resources.flatMap((one) => [
            one.resource,
            ...(one.subresources ?? []).map((sub) => `${one.resource}/${sub.subresource}`),
          ]);
          expect(flat).toEqual(legacy(metadata.name, served.version).resources.map(({ name }) => name));
        }
      }
    }
    const names = (['api', 'apis'] as const).flatMap((root) =>
      (aggregated(WHOLE_API, root, version) as Aggregated).items.map(({ metadata }) => metadata.name),
    );
    expect(names.sort()).toEqual([...WHOLE_API.groups.keys()].sort());
  });

  test('v1 of tekton.dev is preferred, and pods are read, deleted and logged', () => {
    expect(apiGroup(WHOLE_API, 'tekton.dev')).toMatchObject({ preferredVersion: { groupVersion: 'tekton.dev/v1' } });
    expect(apiGroupList(WHOLE_API)).toMatchObject({
      groups: expect.arrayContaining([expect.objectContaining({ name: 'authorization.k8s.io' })]) as object,
    });
    const { resources } = legacy('', 'v1');
    expect(resources.find(({ name }) => name === 'pods')?.verbs).not.toContain('create');
    expect(resources.find(({ name }) => name === 'pods/log')?.verbs).toEqual(['get']);
    expect(resources.find(({ name }) => name === 'namespaces')).toMatchObject({
      namespaced: false,
      shortNames: ['ns'],
    });
  });

  test('what is not served is undefined', () => {
    expect(apiGroup(WHOLE_API, 'apps')).toBeUndefined();
    expect(apiGroup(WHOLE_API, '')).toBeUndefined();
    expect(apiResourceList(WHOLE_API, 'tekton.dev', 'v2')).toBeUndefined();
    expect(apiResourceList(WHOLE_API, 'constructor', 'v1')).toBeUndefined();
  });

  test('beside a cluster only what it does not serve itself is listed, whichever kinds there will be', () => {
    const groups = [...BESIDE_A_CLUSTER.groups.keys()];
    expect(groups).toEqual([...WHOLE_API.groups.keys()].filter((group) => group !== '' && !group.endsWith('.k8s.io')));
    expect(groups).toContain('tekton.dev');
    expect(apiResourceList(BESIDE_A_CLUSTER, '', 'v1')).toBeUndefined();
    expect(apiResourceList(BESIDE_A_CLUSTER, 'authorization.k8s.io', 'v1')).toBeUndefined();
    expect(apiGroup(BESIDE_A_CLUSTER, 'rbac.authorization.k8s.io')).toBeUndefined();
    expect((aggregated(BESIDE_A_CLUSTER, 'api', 'v2') as Aggregated).items).toEqual([]);
  });
});
