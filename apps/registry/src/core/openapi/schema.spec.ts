import { RESOURCE_KINDS } from '@slipway/contracts';

import { definitionsOf, schemaFor } from './definitions.js';
import { parseDefinitions, type SchemaType } from './schema.js';

const referencesOf = (type: SchemaType): string[] =>
  type.kind === 'ref'
    ? [type.name]
    : type.kind === 'list'
      ? referencesOf(type.items)
      : type.kind === 'map'
        ? referencesOf(type.values)
        : [];

describe('parseDefinitions', () => {
  it('reads fields with types, required marks and the versions they belong to', () => {
    const text = '== A: What A is.\nname! string The name.\n@v2 list []B\n@v1 table map[]core.EnvVar Old.\n== B: B.';
    const definitions = parseDefinitions(text, 'x.v1', 'v1');
    expect([...definitions.keys()]).toEqual(['x.v1.A', 'x.v1.B']);
    expect([...definitions.get('x.v1.A')!.fields.values()]).toEqual([
      { name: 'name', type: { kind: 'scalar', scalar: 'string' }, description: 'The name.', required: true },
      {
        name: 'table',
        type: { kind: 'map', values: { kind: 'ref', name: 'io.k8s.api.core.v1.EnvVar' } },
        description: 'Old.',
        required: false,
      },
    ]);
  });
});

describe('the schemas', () => {
  const served = RESOURCE_KINDS.flatMap((kind) => kind.versions.map((version) => ({ kind, version })));

  it.each(served)('describe $kind.kind in $version, with every definition that it refers to', ({ kind, version }) => {
    const definitions = definitionsOf(kind.group, version);
    const seen = new Set<string>();
    const visit = (name: string): void => {
      if (seen.has(name)) return;
      seen.add(name);
      const definition = definitions.get(name);
      expect({ name, known: definition !== undefined }).toEqual({ name, known: true });
      for (const field of definition!.fields.values()) {
        expect({ name, field: field.name, described: field.description !== '' }).toMatchObject({ described: true });
        referencesOf(field.type).forEach(visit);
      }
    };
    visit(schemaFor(kind, version)!.name);
    expect(seen.size).toBeGreaterThan(1);
  });
});
