import type { ResourceName } from '@slipway/contracts';
import type { ChildObject } from '../core/child-kind.js';
import type { RunModel } from '../core/run-model.js';

/** What is in hand of one run. */
export interface Desk {
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
  uid: string | undefined;
  shard: number | undefined;
  /** The turns in hand. */
  work: Promise<void> | undefined;
  /** Absent until it is loaded, and after anything that may have made it wrong. */
  model: RunModel | undefined;
  /** Children that changed since the last turn, as they are now, by resource and name. */
  changed: Map<string, ChildObject>;
  isDirty: boolean;
  isBusy: boolean;
  /** Turns in a row that failed. */
  tries: number;
  /** What the last status write said, and when. */
  signature: string | undefined;
  writtenMs: number;
  timer: NodeJS.Timeout | undefined;
  /** Children whose creation is under way, or failed because they exist. */
  creating: readonly { resource: ResourceName; name: string }[];
}

export function newDesk(namespace: string, name: string): Desk {
  return {
    key: `${namespace}/${name}`,
    namespace,
    name,
    uid: undefined,
    shard: undefined,
    work: undefined,
    model: undefined,
    changed: new Map(),
    isDirty: false,
    isBusy: false,
    tries: 0,
    signature: undefined,
    writtenMs: 0,
    timer: undefined,
    creating: [],
  };
}
