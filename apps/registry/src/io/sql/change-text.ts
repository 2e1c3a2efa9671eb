import { resourceKind, type Change } from '@slipway/contracts';
import type { Effect } from '../../core/storage/commit-group.js';

/** Larger objects are left out of the change, so that the message stays under the bus's 256 KiB. Bytes. */
const CARRIED_LIMIT_BYTES = 200 * 1024;

/** The JSON of a change, made from the object's text without reading it again. */
export function changeText(effect: Effect): string {
  const { stored, type, revision, sequence } = effect;
  const change: Omit<Change, 'object'> = {
    type,
    revision,
    shard: stored.shard,
    sequence,
    key: stored.key,
    uid: stored.uid,
  };
  const text = JSON.stringify(change);
  const sensitive = resourceKind(stored.key.resource)?.sensitive === true;
  if (sensitive || Buffer.byteLength(stored.text) > CARRIED_LIMIT_BYTES) return text;
  return `${text.slice(0, -1)},"object":${stored.text}}`;
}
