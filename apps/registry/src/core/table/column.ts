import type { KubeObject } from '@slipway/contracts';

/** One column of a table: what it is called, and what it shows of an object. */
export interface Column {
  name: string;
  type: 'string' | 'integer' | 'date';
  format?: 'name';
  /** Above 0: only with `-o wide`. */
  priority: number;
  description: string;
  cell(object: KubeObject, nowMs: number): string | number | null;
}
