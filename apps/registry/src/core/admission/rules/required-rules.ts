// Fields that must be there, as the schema says. The rules of each kind look at what the fields hold.

import type { KubeObject, ResourceKind } from '@slipway/contracts';

import { definitionsOf, prefixOf, storedSchemaOf } from '../../openapi/definitions.js';
import type { Definition, SchemaType } from '../../openapi/schema.js';
import type { Findings } from './findings.js';

type Fields = Record<string, unknown>;
type Definitions = ReadonlyMap<string, Definition>;

/** Required texts that mean nothing when empty; others, such as the value of a param, may well be empty. */
const NEVER_EMPTY: ReadonlySet<string> = new Set([
  ...['name', 'key', 'mountPath', 'conditionRef', 'resource', 'driver', 'repository'],
]);

/** The fields of a definition that have something to be checked, each with how to go on below it. */
type Checked = readonly { name: string; required: boolean; type: SchemaType | undefined }[];

/** Every required field of a spec is there, however deep it stands. */
export function checkRequired(kind: ResourceKind, object: KubeObject, findings: Findings): void {
  const version = storedSchemaOf(kind);
  const definitions = definitionsOf(kind.group, version);
  const { spec } = object as unknown as { spec?: unknown };
  const field = definitions.get(`${prefixOf(kind.group, version)}.${kind.kind}`)?.fields.get('spec');
  if (field === undefined) return;
  for (const path of missingBelow(field.type, spec, definitions) ?? []) findings.missing(`spec${path}`);
}

/** Paths of what is missing, each with its dot or bracket; undefined when all is there: then nothing was made. */
function missingBelow(type: SchemaType, value: unknown, definitions: Definitions): string[] | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  let missing: string[] | undefined;
  const look = (below: SchemaType, member: unknown, place: () => string): void => {
    const found = missingBelow(below, member, definitions);
    if (found !== undefined) (missing ??= []).push(...found.map((path) => place() + path));
  };
  switch (type.kind) {
    case 'scalar':
      return undefined;
    case 'list':
      if (!Array.isArray(value)) return undefined;
      for (let i = 0; i < value.length; i++) look(type.items, value[i], () => `[${i}]`);
      return missing;
    case 'map':
      for (const key of Object.keys(value)) look(type.values, (value as Fields)[key], () => `[${key}]`);
      return missing;
    case 'ref':
      for (const { name, required, type: below } of checkedFields(type.name, definitions)) {
        const member = (value as Fields)[name];
        if (required && (member === undefined || (member === '' && NEVER_EMPTY.has(name)))) {
          (missing ??= []).push(`.${name}`);
        } else if (below !== undefined && member !== undefined) {
          look(below, member, () => `.${name}`);
        }
      }
      return missing;
  }
}

const known = new WeakMap<Definition, Checked>();

function checkedFields(name: string, definitions: Definitions): Checked {
  const definition = definitions.get(name);
  if (definition === undefined) return [];
  let fields = known.get(definition);
  if (fields === undefined) {
    fields = [...definition.fields]
      .map(([field, { required, type }]) => ({ name: field, required, type: hasParts(type) ? type : undefined }))
      .filter(({ required, type }) => required || type !== undefined);
    known.set(definition, fields);
  }
  return fields;
}

function hasParts(type: SchemaType): boolean {
  if (type.kind === 'list') return hasParts(type.items);
  if (type.kind === 'map') return hasParts(type.values);
  return type.kind === 'ref';
}
