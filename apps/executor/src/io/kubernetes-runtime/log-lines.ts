// Lines of a log that is asked for with times: `2026-01-01T00:00:00.123456789Z text`, both streams in one.

import type { LogLine } from '@slipway/contracts';

/** A line of ours is no longer than this; a kubelet joins what its files hold in pieces of the same size. */
const PIECE_BYTES = 16 * 1024;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d) /;

/** Puts bytes together to lines, whatever the borders at which they come. */
export class LogLines {
  #rest: Buffer = Buffer.alloc(0);

  push(bytes: Buffer): LogLine[] {
    const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    const lines: LogLine[] = [];
    let start = 0;
    for (let end = all.indexOf(0x0a); end >= 0; end = all.indexOf(0x0a, start)) {
      lines.push(...linesOf(all.subarray(start, end)));
      start = end + 1;
    }
    this.#rest = all.subarray(start);
    return lines;
  }

  /** What a container printed last, without a line end. */
  end(): LogLine[] {
    const rest = this.#rest;
    this.#rest = Buffer.alloc(0);
    return rest.length === 0 ? [] : linesOf(rest);
  }
}

function linesOf(line: Buffer): LogLine[] {
  const stamp = TIME.exec(line.toString('latin1', 0, 64))?.[0];
  const time = stamp === undefined ? '1970-01-01T00:00:00Z' : stamp.trimEnd();
  const texts = piecesOf(line.subarray(stamp?.length ?? 0)).map((piece) => piece.toString('utf8'));
  return texts.map((text, i) => ({
    time,
    stream: 'stdout',
    text,
    ...(i < texts.length - 1 ? { partial: true as const } : {}),
  }));
}

/** A kubelet before 1.28 repeats the time in front of every piece of a long line. */
function piecesOf(text: Buffer): Buffer[] {
  const pieces: Buffer[] = [];
  let rest = text;
  while (rest.length > PIECE_BYTES) {
    const cut = characterStart(rest, PIECE_BYTES);
    pieces.push(rest.subarray(0, cut));
    rest = rest.subarray(cut);
    const repeated = TIME.exec(rest.toString('latin1', 0, 64))?.[0];
    if (repeated !== undefined) rest = rest.subarray(repeated.length);
  }
  return [...pieces, rest];
}

/** Where the character begins that stands at the position: no character is cut in two. */
function characterStart(bytes: Buffer, position: number): number {
  let start = position;
  while (start > position - 4 && (bytes[start]! & 0xc0) === 0x80) start--;
  return start;
}
