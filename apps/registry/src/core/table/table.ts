// meta.k8s.io/v1 Table: objects as the rows that kubectl prints.

import type { KubeObject, ResourceKind } from '@slipway/contracts';
import { columnsOf } from './columns.js';

export interface ListMeta {
  resourceVersion?: string;
  continue?: string;
  remainingItemCount?: number;
}

/** What a row carries of its object: `?includeObject=`. */
export type IncludeObject = 'None' | 'Metadata' | 'Object';

export interface TableOptions {
  includeObject: IncludeObject;
  /** Later events of one watch leave the column definitions out. */
  withoutColumns?: boolean;
  nowMs: number;
}

/** `objects` are in the version that the client asked for; `listMeta` is that of the list, or of the single object. */
export function tableOf(
  kind: ResourceKind,
  objects: readonly KubeObject[],
  listMeta: ListMeta,
  options: TableOptions,
): object {
  const columns = columnsOf(kind);
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: listMeta,
    columnDefinitions: options.withoutColumns
      ? []
      : columns.map(({ name, type, format, priority, description }) => ({
          name,
          type,
          format: format ?? '',
          description,
          priority,
        })),
    rows: objects.map((object) => ({
      cells: columns.map((column) => column.cell(object, options.nowMs)),
      ...(options.includeObject === 'None'
        ? {}
        : { object: options.includeObject === 'Object' ? object : partialMetadata(object) }),
    })),
  };
}

/** A bookmark in a watch of tables: one row without cells, whose object has the version. */
export function bookmarkTable(
  bookmark: KubeObject,
  nowMs: number,
  withoutColumns: boolean,
  kind: ResourceKind,
): object {
  const table = tableOf(kind, [], {}, { includeObject: 'Metadata', withoutColumns, nowMs }) as { rows: object[] };
  table.rows = [{ cells: columnsOf(kind).map(() => null), object: partialMetadata(bookmark) }];
  return table;
}

/** meta.k8s.io/v1 PartialObjectMetadata: an object without spec and status. */
export function partialMetadata(object: KubeObject): KubeObject {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata };
}

export function partialMetadataList(objects: readonly KubeObject[], listMeta: ListMeta): object {
  return {
    kind: 'PartialObjectMetadataList',
    apiVersion: 'meta.k8s.io/v1',
    metadata: listMeta,
    items: objects.map(partialMetadata),
  };
}
