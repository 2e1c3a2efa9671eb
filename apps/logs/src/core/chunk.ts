import { SlipwayError, type LogChunk, type LogLine } from '@slipway/contracts';

/** A payload of the stream as a chunk. Throws SlipwayError('invalid') naming the field. */
export function parseChunk(payload: unknown): LogChunk {
  const chunk = record(payload, 'chunk');
  const lines = chunk['lines'];
  if (!Array.isArray(lines)) throw invalid('lines', 'a list');
  const first = chunk['first'];
  if (typeof first !== 'number' || !Number.isSafeInteger(first) || first < 0) throw invalid('first', 'a line number');
  return {
    namespace: name(chunk, 'namespace'),
    pod: name(chunk, 'pod'),
    podUid: name(chunk, 'podUid'),
    container: name(chunk, 'container'),
    first,
    lines: lines.map(parseLine),
    ...(chunk['end'] === true ? { end: true as const } : {}),
    ...(chunk['gone'] === true ? { gone: true as const } : {}),
  };
}

function parseLine(value: unknown, index: number): LogLine {
  const line = record(value, `lines[${index}]`);
  const { time, stream, text } = line;
  if (typeof time !== 'string' || !/^\d{4}-\S{1,40}$/.test(time)) throw invalid(`lines[${index}].time`, 'a time');
  if (stream !== 'stdout' && stream !== 'stderr') throw invalid(`lines[${index}].stream`, 'stdout or stderr');
  if (typeof text !== 'string') throw invalid(`lines[${index}].text`, 'a text');
  return { time, stream, text, ...(line['partial'] === true ? { partial: true as const } : {}) };
}

function record(value: unknown, field: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw invalid(field, 'an object');
}

function name(chunk: Record<string, unknown>, field: string): string {
  const value = chunk[field];
  if (typeof value === 'string' && value !== '' && value.length <= 253) return value;
  throw invalid(field, 'a name');
}

function invalid(field: string, wanted: string): SlipwayError {
  return new SlipwayError('invalid', 'BadLogChunk', `A log chunk's ${field} must be ${wanted}.`);
}
