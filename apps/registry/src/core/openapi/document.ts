// OpenAPI v3, one document per group and version, as kubectl reads it: schemas for `explain` and for validation before a
// request is sent, operations so that kubectl finds the kind of a path and learns that the server checks fields itself.

import { RESOURCE_KINDS, apiVersionOf, type ResourceKind } from '@slipway/contracts';

import { definitionsOf, prefixOf } from './definitions.js';
import { operationsOf, type OpenApiObject } from './operations.js';
import { CORE, META, type Definition, type SchemaField, type SchemaType } from './schema.js';

const documents = new Map<string, OpenApiObject>();

/** The group versions that have a document, as paths below `/openapi/v3/`: `api/v1`, `apis/tekton.dev/v1`. */
export function openApiPaths(served: readonly ResourceKind[]): string[] {
  const versions = served.flatMap((kind) =>
    kind.versions.map((version) => (kind.group === '' ? `api/${version}` : `apis/${kind.group}/${version}`)),
  );
  return [...new Set(versions)];
}

/** The OpenAPI v3 document of a group and version; built when first asked for. Without kinds it has no paths. */
export function openApiV3(group: string, version: string): OpenApiObject {
  const key = `${group}/${version}`;
  let document = documents.get(key);
  if (document === undefined) {
    document = build(group, version);
    documents.set(key, document);
  }
  return document;
}

function build(group: string, version: string): OpenApiObject {
  const kinds = RESOURCE_KINDS.filter((kind) => kind.group === group && kind.versions.includes(version));
  const definitions = definitionsOf(group, version);
  const schemas: OpenApiObject = {};
  const include = (name: string): void => {
    if (Object.hasOwn(schemas, name)) return;
    const definition = definitions.get(name);
    if (definition === undefined) return;
    schemas[name] = schemaOf(definition, kinds, group, version);
    for (const field of definition.fields.values()) referencesOf(field.type).forEach(include);
  };
  for (const name of ['ListMeta', 'DeleteOptions', 'Patch', 'Status']) include(`${META}.${name}`);
  for (const kind of kinds) {
    const name = `${prefixOf(group, version)}.${kind.kind}`;
    include(name);
    schemas[`${name}List`] = listSchemaOf(name, kind, version);
  }
  return {
    openapi: '3.0.0',
    info: { title: 'Slipway', version: 'v1' },
    paths: Object.fromEntries(kinds.flatMap((kind) => operationsOf(kind, version, prefixOf(group, version)))),
    components: { schemas },
  };
}

function schemaOf(
  definition: Definition,
  kinds: readonly ResourceKind[],
  group: string,
  version: string,
): OpenApiObject {
  const fields = [...definition.fields.values()];
  const required = fields.filter((field) => field.required).map((field) => field.name);
  const kind = kinds.find((candidate) => `${prefixOf(group, version)}.${candidate.kind}` === definition.name);
  return {
    description: definition.description,
    type: 'object',
    ...(required.length === 0 ? {} : { required }),
    ...(fields.length === 0
      ? {}
      : { properties: Object.fromEntries(fields.map((field) => [field.name, propertyOf(field, definition)])) }),
    ...(kind === undefined ? {} : { 'x-kubernetes-group-version-kind': [{ group, version, kind: kind.kind }] }),
  };
}

function listSchemaOf(item: string, kind: ResourceKind, version: string): OpenApiObject {
  return {
    description: `${kind.kind}List is a list of ${kind.kind}.`,
    type: 'object',
    required: ['items'],
    properties: {
      apiVersion: { type: 'string', description: `${apiVersionOf(kind, version)}.` },
      kind: { type: 'string', description: `${kind.kind}List.` },
      metadata: { allOf: [reference(`${META}.ListMeta`)], description: 'Standard list metadata.' },
      items: { type: 'array', items: { allOf: [reference(item)] }, description: `List of ${kind.plural}.` },
    },
    'x-kubernetes-group-version-kind': [{ group: kind.group, version, kind: `${kind.kind}List` }],
  };
}

function propertyOf(field: SchemaField, owner: Definition): OpenApiObject {
  const key = MERGE_KEYS[`${owner.name}.${field.name}`];
  return {
    description: field.description,
    ...typeOf(field.type),
    ...(key === undefined ? {} : { 'x-kubernetes-patch-strategy': 'merge' }),
    ...(key === undefined || key === '' ? {} : { 'x-kubernetes-patch-merge-key': key }),
  };
}

/** Lists that a strategic merge patch joins element by element: the key of an element, or empty for a set. */
const MERGE_KEYS: Readonly<Record<string, string>> = {
  [`${META}.ObjectMeta.ownerReferences`]: 'uid',
  [`${META}.ObjectMeta.finalizers`]: '',
  [`${CORE}.ServiceAccount.secrets`]: 'name',
  [`${CORE}.ServiceAccount.imagePullSecrets`]: 'name',
  [`${CORE}.PodSpec.containers`]: 'name',
  [`${CORE}.PodSpec.initContainers`]: 'name',
  [`${CORE}.PodSpec.volumes`]: 'name',
  [`${CORE}.PodSpec.imagePullSecrets`]: 'name',
  [`${CORE}.PodSpec.hostAliases`]: 'ip',
  [`${CORE}.Container.env`]: 'name',
  [`${CORE}.Container.ports`]: 'containerPort',
  [`${CORE}.Container.volumeMounts`]: 'mountPath',
  [`${CORE}.Container.volumeDevices`]: 'devicePath',
};

function typeOf(type: SchemaType): OpenApiObject {
  switch (type.kind) {
    case 'list':
      return { type: 'array', items: typeOf(type.items) };
    case 'map':
      return { type: 'object', additionalProperties: typeOf(type.values) };
    case 'ref':
      return { allOf: [reference(type.name)] };
    case 'scalar':
      return SCALARS[type.scalar];
  }
}

const SCALARS: Readonly<Record<Extract<SchemaType, { kind: 'scalar' }>['scalar'], OpenApiObject>> = {
  string: { type: 'string' },
  integer: { type: 'integer', format: 'int64' },
  number: { type: 'number', format: 'double' },
  boolean: { type: 'boolean' },
  any: { 'x-kubernetes-preserve-unknown-fields': true },
  object: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
  quantity: { oneOf: [{ type: 'string' }, { type: 'number' }] },
  intOrString: { format: 'int-or-string', oneOf: [{ type: 'integer' }, { type: 'string' }] },
  time: { type: 'string', format: 'date-time' },
  duration: { type: 'string' },
  bytes: { type: 'string', format: 'byte' },
  paramValue: { 'x-kubernetes-preserve-unknown-fields': true },
};

function reference(name: string): OpenApiObject {
  return { $ref: `#/components/schemas/${name}` };
}

function referencesOf(type: SchemaType): string[] {
  switch (type.kind) {
    case 'scalar':
      return [];
    case 'list':
      return referencesOf(type.items);
    case 'map':
      return referencesOf(type.values);
    case 'ref':
      return [type.name];
  }
}
