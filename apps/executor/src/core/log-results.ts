// Results in a log: what does not fit a termination message is written by the entrypoint as marked lines at the end of
// the step's output, `\x1eslipway.result <index> <part>/<parts> <base64>`. Users never see these lines.

import { ENTRY_TYPES, type EntryType, type LogLine, type TerminationEntry } from '@slipway/contracts';

const MARK = '\u001eslipway.result ';
const LINE = /^\u001eslipway\.result (\d+) (\d+)\/(\d+) ([A-Za-z0-9+/=]*)$/;

/** What the entrypoint puts before the first result: the end of a line that the step itself did not end. */
const LINE_END = '\u001e';

export function isResultLine(line: Pick<LogLine, 'text'>): boolean {
  return line.text.startsWith(MARK);
}

/** What a user sees of a line: nothing of the results, and nothing of the entrypoint's line end. */
export function outputOf<Line extends Pick<LogLine, 'text'>>(line: Line): Line[] {
  if (isResultLine(line) || line.text === LINE_END) return [];
  return [line.text.endsWith(LINE_END) ? { ...line, text: line.text.slice(0, -LINE_END.length) } : line];
}

/**
 * The results that the lines hold, in order.
 *
 * Shape  a result whose parts are not all there is left out. Of parts told twice the last counts: a step may print such
 *        lines itself, but the entrypoint writes after it.
 */
export function resultsOf(lines: readonly Pick<LogLine, 'text'>[]): TerminationEntry[] {
  const found = new Map<number, string[]>();
  for (const { text } of lines) {
    const match = LINE.exec(text);
    if (match === null) continue;
    const [index, part, parts] = [Number(match[1]), Number(match[2]), Number(match[3])];
    const pieces = part === 1 ? [] : (found.get(index) ?? []);
    if (part >= 1 && part <= parts) pieces[part - 1] = match[4]!;
    pieces.length = parts;
    found.set(index, pieces);
  }
  return [...found.entries()].sort(([a], [b]) => a - b).flatMap(([, pieces]) => entryOf(pieces) ?? []);
}

function entryOf(pieces: readonly (string | undefined)[]): TerminationEntry | undefined {
  if (Array.from(pieces).some((piece) => piece === undefined)) return undefined;
  try {
    const bytes = Uint8Array.from(atob(pieces.join('')), (char) => char.charCodeAt(0));
    const { key, value, type } = JSON.parse(new TextDecoder().decode(bytes)) as Partial<TerminationEntry>;
    if (typeof key !== 'string' || typeof value !== 'string') return undefined;
    const known: EntryType | undefined = Object.values(ENTRY_TYPES).find((one) => one === type);
    return { key, value, ...(known === undefined ? {} : { type: known }) };
  } catch {
    return undefined;
  }
}
