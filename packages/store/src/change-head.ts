import type { Change } from '@slipway/contracts';

export type ChangeHead = Pick<Change, 'type' | 'revision' | 'shard' | 'sequence'>;

const HEAD = /^\{"type":"(ADDED|MODIFIED|DELETED)","revision":(\d+),"shard":(\d+),"sequence":(\d+),/;
const HEAD_BYTES = 120;

/**
 * The first fields of a change, without parsing the object behind them: most followers want few of the objects, and
 * parsing the others was most of their work. Undefined when the text does not begin as the registry writes it.
 */
export function readChangeHead(data: Uint8Array): ChangeHead | undefined {
  const text = Buffer.from(data.buffer, data.byteOffset, Math.min(data.byteLength, HEAD_BYTES)).toString('latin1');
  const match = HEAD.exec(text);
  if (match === null) return undefined;
  const [, type, revision, shard, sequence] = match;
  return {
    type: type as Change['type'],
    revision: Number(revision),
    shard: Number(shard),
    sequence: Number(sequence),
  };
}
