// Fields that must be there, as the schema says. The rules of each kind look at what the fields hold.

import type { KubeObject, ResourceKind } from '@slipway/contracts';

import { definitionsOf, prefixOf, storedSchemaOf } from '../../openapi/definitions.js';
import type { Definition, SchemaType } from '../../openapi/schema.js';
import { at, type Findings } from './findings.js';

type Fields = Record<string, unknown>;

/** Required texts that mean nothing when empty; others, such as the value of a param, may well be empty. */
const NEVER_EMPTY: ReadonlySet<string> = new Set(['name', 'key', 'mountPath', 'conditionRef', 'resource', 'driver']);

/** Every required field of a spec is there, however deep it stands. */
export function checkRequired(kind: ResourceKind, object: KubeObject, findings: Findings): void {
  const version = storedSchemaOf(kind);
  const definitions = definitionsOf(kind.group, version);
  const visit = (type: SchemaType, value: unknown, path: string): void => {
    if (type.kind === 'scalar' || typeof value !== 'object' || value === null) return;
    if (type.kind === 'ref') {
      visitStruct(definitions.get(type.name), value as Fields, path);
    } else if (type.kind === 'list') {
      if (type.items.kind === 'scalar' || !Array.isArray(value)) return;
      value.forEach((item, index) => visit(type.items, item, `${path}[${index}]`));
    } else if (type.values.kind !== 'scalar') {
      for (const [key, item] of Object.entries(value)) visit(type.values, item, `${path}[${key}]`);
    }
  };
  const visitStruct = (definition: Definition | undefined, value: Fields, path: string): void => {
    if (definition === undefined) return;
    for (const [name, { required, type }] of definition.fields) {
      const member = value[name];
      if (required && (member === undefined || (member === '' && NEVER_EMPTY.has(name)))) {
        findings.missing(at(path, name));
      } else if (member !== undefined) {
        visit(type, member, at(path, name));
      }
    }
  };
  const { spec } = object as unknown as { spec?: Fields };
  const field = definitions.get(`${prefixOf(kind.group, version)}.${kind.kind}`)?.fields.get('spec');
  if (field !== undefined && spec !== undefined) visit(field.type, spec, 'spec');
}
