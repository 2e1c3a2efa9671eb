// Objects and lists in the form that the client asked for.

import { apiVersionOf, type KubeObject, type ResourceKind } from '@slipway/contracts';
import type { AdmissionLimits } from '../core/admission/limits.js';
import {
  partialMetadata,
  partialMetadataList,
  tableOf,
  type IncludeObject,
  type ListMeta,
} from '../core/table/table.js';
import type { Form } from './accept.js';
import { value, type Answer } from './exchange.js';

/** How answers of one request look. */
export interface View {
  kind: ResourceKind;
  version: string;
  form: Form;
  includeObject: IncludeObject;
  nowMs: number;
  limits: AdmissionLimits;
}

export function includeObjectOf(query: URLSearchParams): IncludeObject {
  const asked = query.get('includeObject');
  return asked === 'None' || asked === 'Object' ? asked : 'Metadata';
}

/** `object` is in the view's version already. */
export function objectAnswer(view: View, status: number, object: KubeObject, warnings: readonly string[] = []): Answer {
  return value(status, shaped(view, object), warnings);
}

export function shaped(view: View, object: KubeObject): object {
  switch (view.form.shape) {
    case 'object':
      return object;
    case 'partial':
      return partialMetadata(object);
    case 'table': {
      const { resourceVersion } = object.metadata;
      return tableOf(view.kind, [object], resourceVersion === undefined ? {} : { resourceVersion }, view);
    }
  }
}

/** A whole list as one value: tables and metadata lists, and YAML. */
export function listAnswer(view: View, objects: readonly KubeObject[], listMeta: ListMeta): Answer {
  const { kind, version, form } = view;
  switch (form.shape) {
    case 'object':
      return value(200, {
        kind: `${kind.kind}List`,
        apiVersion: apiVersionOf(kind, version),
        metadata: listMeta,
        items: objects,
      });
    case 'partial':
      return value(200, partialMetadataList(objects, listMeta));
    case 'table':
      return value(200, tableOf(kind, objects, listMeta, view));
  }
}
