// Field selectors: `metadata.name=x,status.phase!=Failed`, with the fields that each kind can be selected by.

import { SlipwayError, resourceNameOf, type KubeObject, type ResourceKind } from '@slipway/contracts';

export interface FieldRequirement {
  field: string;
  value: string;
  /** False for `!=`. */
  equal: boolean;
}

const COMMON = ['metadata.name', 'metadata.namespace'];
/** The fields Kubernetes allows beyond name and namespace, by resource; an absent field reads as the empty string. */
const EXTRA: Record<string, readonly string[]> = {
  pods: ['spec.nodeName', 'spec.restartPolicy', 'spec.schedulerName', 'spec.serviceAccountName', 'status.phase', 'status.podIP'],
  secrets: ['type'],
  namespaces: ['status.phase'],
  events: [
    'involvedObject.kind', 'involvedObject.namespace', 'involvedObject.name', 'involvedObject.uid',
    'involvedObject.apiVersion', 'involvedObject.resourceVersion', 'involvedObject.fieldPath',
    'reason', 'reportingComponent', 'source', 'type',
  ],
}; // prettier-ignore

/** The longer ones first. */
const OPERATORS = ['==', '!=', '='];

/** Errors: `invalid` naming the field or the piece that cannot be read. An empty text selects everything. */
export function parseFieldSelector(text: string, kind: ResourceKind): FieldRequirement[] {
  const allowed = [...COMMON, ...(EXTRA[resourceNameOf(kind)] ?? [])];
  return splitUnescaped(text).map((piece) => {
    const at = piece.search(/[!=]/);
    const field = piece.slice(0, Math.max(at, 0)).trim();
    const operator = OPERATORS.find((one) => at >= 0 && piece.startsWith(one, at));
    if (field === '' || operator === undefined) {
      throw new SlipwayError('invalid', 'BadRequest', `invalid selector: '${text}'; can't understand '${piece}'`);
    }
    if (!allowed.includes(field)) {
      throw new SlipwayError('invalid', 'BadRequest', `field label not supported: ${field}`);
    }
    return { field, equal: operator !== '!=', value: piece.slice(at + operator.length).replace(/\\(.)/g, '$1') };
  });
}

export function matchesFields(requirements: readonly FieldRequirement[], object: KubeObject): boolean {
  return requirements.every(({ field, value, equal }) => (fieldText(object, field) === value) === equal);
}

/** The name that the selector pins the result to, so that a list can be a get. */
export function pinnedName(requirements: readonly FieldRequirement[]): string | undefined {
  return requirements.find(({ field, equal }) => field === 'metadata.name' && equal)?.value;
}

function fieldText(object: KubeObject, field: string): string {
  if (field === 'source') return fieldText(object, 'source.component') || fieldText(object, 'reportingComponent');
  let value: unknown = object;
  for (const key of field.split('.')) {
    value = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined;
  }
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

/** Pieces between commas; a backslash takes the meaning from what follows it. */
function splitUnescaped(text: string): string[] {
  return (text.match(/(?:\\.|[^,\\])+/g) ?? []).filter((piece) => piece.trim() !== '');
}
