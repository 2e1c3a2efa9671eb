// The schemas of the served kinds, written as compact text and read once.
//
// One description of a kind drives everything that depends on its shape: decoding with unknown fields and wrong types
// named by path (`admission/decode.ts`), and the OpenAPI documents that kubectl reads (`document.ts`).
//
// The text is a list of definitions:
//
//   == Name: What it is.
//   field   type      What the field means.
//   field!  []Other   `!` marks a required field, `[]` a list, `map[]` an object with free keys.
//   @v1beta1,v1alpha1 field type   The field exists in these versions only.
//
// A type is a scalar, the name of a definition of the same text, or `core.Name` / `meta.Name` of Kubernetes.

export type Scalar =
  | 'string'
  | 'integer'
  | 'number'
  | 'boolean'
  /** Any JSON, kept as it is: only where Kubernetes keeps unknown fields too. */
  | 'any'
  /** Any JSON object, kept as it is. */
  | 'object'
  /** A number with a unit: `500m`, `2Gi`. */
  | 'quantity'
  | 'intOrString'
  /** RFC 3339. */
  | 'time'
  /** Go's duration: `1h30m`. */
  | 'duration'
  /** Base64. */
  | 'bytes'
  /** Tekton's param and result values: a string, a list of strings or an object of strings. */
  | 'paramValue';

export type SchemaType =
  | { kind: 'scalar'; scalar: Scalar }
  | { kind: 'list'; items: SchemaType }
  | { kind: 'map'; values: SchemaType }
  | { kind: 'ref'; name: string };

export interface SchemaField {
  name: string;
  type: SchemaType;
  description: string;
  required: boolean;
}

export interface Definition {
  /** As OpenAPI names it: `dev.tekton.v1.TaskSpec`. */
  name: string;
  description: string;
  fields: ReadonlyMap<string, SchemaField>;
}

export const CORE = 'io.k8s.api.core.v1';
export const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';

const SCALARS: ReadonlySet<string> = new Set<Scalar>([
  'string',
  'integer',
  'number',
  'boolean',
  'any',
  'object',
  'quantity',
  'intOrString',
  'time',
  'duration',
  'bytes',
  'paramValue',
]);
const FIELD = /^(?:@(\S+) )?(\S+?)(!?) +(\S+)(?: +(.*))?$/;

/** Reads definitions of one group and version; fields of other versions are left out. Throws on a line it cannot read. */
export function parseDefinitions(text: string, prefix: string, version: string): Map<string, Definition> {
  const definitions = new Map<string, Definition>();
  let fields = new Map<string, SchemaField>();
  for (const line of text.split('\n').map((raw) => raw.trim())) {
    if (line === '') continue;
    const header = /^== (\w+): (.+)$/.exec(line);
    if (header !== null) {
      fields = new Map();
      const name = `${prefix}.${header[1]!}`;
      definitions.set(name, { name, description: header[2]!, fields });
      continue;
    }
    const parts = FIELD.exec(line);
    if (parts === null) throw new Error(`not a field of a schema: ${line}`);
    const [, versions, name, required, type, description] = parts;
    if (versions !== undefined && !versions.split(',').includes(version)) continue;
    fields.set(name!, {
      name: name!,
      type: parseType(type!, prefix),
      description: description ?? '',
      required: required === '!',
    });
  }
  return definitions;
}

function parseType(text: string, prefix: string): SchemaType {
  if (text.startsWith('[]')) return { kind: 'list', items: parseType(text.slice(2), prefix) };
  if (text.startsWith('map[]')) return { kind: 'map', values: parseType(text.slice(5), prefix) };
  if (SCALARS.has(text)) return { kind: 'scalar', scalar: text as Scalar };
  if (text.startsWith('core.')) return { kind: 'ref', name: `${CORE}.${text.slice(5)}` };
  if (text.startsWith('meta.')) return { kind: 'ref', name: `${META}.${text.slice(5)}` };
  return { kind: 'ref', name: `${prefix}.${text}` };
}
