// The lines of a container's log file, as the supervisor writes them.

import type { LogLine } from '@slipway/contracts';

/**
 * One line of the file, without its line end: `<time> stdout|stderr F|P <text>`.
 * Bytes that are not UTF-8 become U+FFFD. A line that is damaged is given whole, as text of stdout.
 */
export function parseLogLine(line: Buffer): LogLine {
  const timeEnd = line.indexOf(0x20);
  const streamEnd = line.indexOf(0x20, timeEnd + 1);
  const tagEnd = line.indexOf(0x20, streamEnd + 1);
  const stream = line.toString('latin1', timeEnd + 1, streamEnd);
  if (timeEnd <= 0 || tagEnd !== streamEnd + 2 || (stream !== 'stdout' && stream !== 'stderr')) {
    return { time: '1970-01-01T00:00:00.000000000Z', stream: 'stdout', text: line.toString('utf8') };
  }
  return {
    time: line.toString('latin1', 0, timeEnd),
    stream,
    text: line.toString('utf8', tagEnd + 1),
    ...(line[streamEnd + 1] === 0x50 ? { partial: true as const } : {}),
  };
}

/** Splits what was read of a file into whole lines; what is left over belongs before the next bytes. */
export function splitLines(bytes: Buffer): { lines: Buffer[]; rest: Buffer } {
  const lines: Buffer[] = [];
  let start = 0;
  for (let end = bytes.indexOf(0x0a); end >= 0; end = bytes.indexOf(0x0a, start)) {
    lines.push(bytes.subarray(start, end));
    start = end + 1;
  }
  return { lines, rest: bytes.subarray(start) };
}
