// Which objects a list, a watch or a deletecollection is about.

import {
  matchesLabels,
  parseLabelSelector,
  resourceNameOf,
  type KubeObject,
  type LabelRequirement,
  type ResourceKind,
} from '@slipway/contracts';
import { matchesFields, parseFieldSelector, pinnedName, type FieldRequirement } from './field-selector.js';
import type { ResourceTarget } from './request-target.js';

export interface Selection {
  kind: ResourceKind;
  resource: string;
  /** Undefined: every namespace, or cluster scope. */
  namespace: string | undefined;
  /** Undefined: any. */
  name: string | undefined;
  labels: readonly LabelRequirement[];
  labelSelector: string;
  fields: readonly FieldRequirement[];
}

/** Errors: `invalid` for selectors that cannot be read. */
export function selectionOf(target: ResourceTarget, kind: ResourceKind, query: URLSearchParams): Selection {
  const labelSelector = query.get('labelSelector') ?? '';
  const fields = parseFieldSelector(query.get('fieldSelector') ?? '', kind);
  const namespaceField = fields.find(({ field, equal }) => field === 'metadata.namespace' && equal)?.value;
  const namespace = kind.namespaced ? target.namespace || namespaceField : undefined;
  return {
    kind,
    resource: resourceNameOf(kind),
    namespace: namespace === '' ? undefined : namespace,
    name: target.name !== '' ? target.name : pinnedName(fields),
    labels: parseLabelSelector(labelSelector),
    labelSelector,
    fields,
  };
}

/** Whether an object's place is one that the selection looks at; never changes in the life of the object. */
export function covers(selection: Selection, key: { namespace: string; name: string }): boolean {
  return (
    (selection.namespace === undefined || selection.namespace === key.namespace) &&
    (selection.name === undefined || selection.name === key.name)
  );
}

/** Whether the object's labels and fields are those asked for; may change with every write. */
export function matches(selection: Selection, object: KubeObject): boolean {
  return matchesLabels(selection.labels, object.metadata.labels) && matchesFields(selection.fields, object);
}

/** Whether a write can make an object of the selection leave it, or one from outside enter. */
export function canMove(selection: Selection): boolean {
  return selection.labels.length > 0 || selection.fields.some(({ field }) => !FIXED_FIELDS.test(field));
}

const FIXED_FIELDS = /^(metadata\.(name|namespace)|involvedObject\..*)$/;
