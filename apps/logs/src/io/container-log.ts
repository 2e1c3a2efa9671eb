// The stored log of one container: a file of records and a sparse index beside it.
//
//   L1. The file is a sequence of whole records; what a crash tore off at its end is cut when it is opened.
//   L2. The index only shortens the way: each entry is the start of a record, and one is never trusted beyond the
//       end of the file.
//   L3. One writer at a time (the owner sees to it); readers read what was whole when they began.

import { open, readFile, type FileHandle } from 'node:fs/promises';
import type { LogLine } from '@slipway/contracts';
import { formatRecord, lineShown, linesOf, parseRecord, type LogRecord } from '../core/record.js';
import { wholeLines } from './whole-lines.js';

/** An index entry after at least this many bytes: a reader skips no more than that. */
const INDEX_EVERY_BYTES = 64 * 1024;
const ENTRY_BYTES = 24;

interface Entry {
  line: number;
  offset: number;
  timeMs: number;
}

export interface ReadLimits {
  maxLines: number;
  /** Of the lines as JSON. At least one line is returned. */
  maxBytes: number;
  /** Leading lines before this time are passed over. Unix milliseconds. */
  sinceMs?: number;
}

export class ContainerLog {
  #size = 0;
  #next = 0;
  #isEnded = false;
  #isDirty = false;
  #index: Entry[] = [];
  #indexedTo = -INDEX_EVERY_BYTES;

  private constructor(
    private readonly file: FileHandle,
    private readonly indexFile: FileHandle,
  ) {}

  /** Opens the log at `<path>.log`; makes it when `create`, otherwise undefined when there is none. */
  static async open(path: string, create: boolean): Promise<ContainerLog | undefined> {
    const file = await openFile(`${path}.log`, create);
    if (file === undefined) return undefined;
    try {
      const entries = decodeIndex(await readFile(`${path}.idx`).catch(() => Buffer.alloc(0)));
      const indexFile = (await openFile(`${path}.idx`, true))!;
      const log = new ContainerLog(file, indexFile);
      await log.#recover(entries);
      return log;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Number of the first line that is not stored. */
  get next(): number {
    return this.#next;
  }
  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Writes the records behind the others. After a failure nothing of them counts, and the same call may be repeated. */
  async append(records: readonly LogRecord[]): Promise<void> {
    const entries: Entry[] = [];
    let text = '';
    let offset = this.#size;
    let line = this.#next;
    let isEnded = this.#isEnded;
    let indexedTo = this.#indexedTo;
    for (const record of records) {
      if (offset - indexedTo >= INDEX_EVERY_BYTES) {
        entries.push({ line, offset, timeMs: timeOf(record) });
        indexedTo = offset;
      }
      const formatted = formatRecord(record);
      text += formatted;
      offset += Buffer.byteLength(formatted);
      line += linesOf(record);
      if (record.kind === 'end') isEnded = true;
    }
    // At a position, not at the end: what a failed write left behind is overwritten by its repeat.
    await writeAll(this.file, Buffer.from(text), this.#size);
    if (entries.length > 0) await writeAll(this.indexFile, encodeIndex(entries), this.#index.length * ENTRY_BYTES);
    this.#index.push(...entries);
    this.#indexedTo = indexedTo;
    this.#size = offset;
    this.#next = line;
    this.#isEnded = isEnded;
    this.#isDirty = true;
  }

  /** Lines from number `from` on, as many as are there and fit. */
  async read(from: number, limits: ReadLimits): Promise<{ lines: LogLine[]; next: number }> {
    const lines: LogLine[] = [];
    const { sinceMs } = limits;
    let isSince = sinceMs === undefined;
    let bytes = 0;
    let next = from;
    if (next >= this.#next) return { lines, next }; // another replica may have told the reader of more
    for await (const { record, first } of this.#records(this.#startOf(from, sinceMs))) {
      const shown = lineShown(record);
      const after = first + linesOf(record);
      if (shown === undefined || after <= from) continue;
      isSince ||= timeOf(record) >= sinceMs!;
      if (isSince) {
        bytes += Buffer.byteLength(JSON.stringify(shown)) + 1;
        if (lines.length > 0 && bytes > limits.maxBytes) break;
        lines.push(shown);
      }
      next = after;
      if (lines.length >= limits.maxLines) break;
    }
    return { lines, next };
  }

  /** The records from line `from` on as they stand in the file, as many as fit, one at least; and the first one's line. */
  async copy(from: number, maxBytes: number): Promise<{ first: number; records: string[] }> {
    const records: string[] = [];
    let start = from;
    let bytes = 0;
    if (from > this.#next || (from === this.#next && !this.#isEnded)) return { first: start, records };
    for await (const { record, text, first } of this.#records(this.#startOf(from, undefined))) {
      if (record.kind !== 'end' && first + linesOf(record) <= from) continue;
      bytes += Buffer.byteLength(JSON.stringify(text)) + 1;
      if (records.length > 0 && bytes > maxBytes) break;
      if (records.length === 0) start = first;
      records.push(text);
    }
    return { first: start, records };
  }

  /** Makes what was written survive a crash of the machine. */
  async sync(): Promise<void> {
    if (!this.#isDirty) return;
    this.#isDirty = false;
    await this.file.datasync();
  }

  async close(): Promise<void> {
    await this.sync().catch(() => {});
    await this.file.close();
    await this.indexFile.close();
  }

  /** Offset and line of the last index entry at or before the line, and before the time. */
  #startOf(from: number, sinceMs: number | undefined): { offset: number; line: number } {
    const byLine = lastWhere(this.#index, (entry) => entry.line <= from);
    const byTime = sinceMs === undefined ? -1 : lastWhere(this.#index, (entry) => entry.timeMs < sinceMs);
    return this.#index[Math.max(byLine, byTime)] ?? { offset: 0, line: 0 };
  }

  async *#records(start: {
    offset: number;
    line: number;
  }): AsyncGenerator<{ record: LogRecord; text: string; first: number }> {
    const end = this.#size; // L3
    let first = start.line;
    for await (const { text } of wholeLines(this.file, start.offset, end)) {
      const record = parseRecord(text);
      if (record === undefined) throw new Error(`unreadable record at line ${first} of a log file`);
      yield { record, text, first };
      first += linesOf(record);
    }
  }

  /** L1, L2. */
  async #recover(entries: Entry[]): Promise<void> {
    const { size } = await this.file.stat();
    const kept = entries.filter((entry) => entry.offset < size);
    this.#index = kept;
    const last = kept.at(-1) ?? { line: 0, offset: 0 };
    this.#indexedTo = kept.at(-1)?.offset ?? -INDEX_EVERY_BYTES;
    this.#next = last.line;
    this.#size = last.offset;
    const found: Entry[] = [];
    for await (const { text, after } of wholeLines(this.file, last.offset, size)) {
      const record = parseRecord(text);
      if (record === undefined) break;
      if (this.#size - this.#indexedTo >= INDEX_EVERY_BYTES) {
        found.push({ line: this.#next, offset: this.#size, timeMs: timeOf(record) });
        this.#indexedTo = this.#size;
      }
      this.#next += linesOf(record);
      this.#size = after;
      if (record.kind === 'end') this.#isEnded = true;
    }
    if (this.#size < size) await this.file.truncate(this.#size);
    if (found.length > 0) await writeAll(this.indexFile, encodeIndex(found), kept.length * ENTRY_BYTES);
    this.#index.push(...found);
    await this.indexFile.truncate(this.#index.length * ENTRY_BYTES);
  }
}

async function openFile(path: string, create: boolean): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r+');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return create ? open(path, 'wx+', 0o600) : undefined;
  }
}

async function writeAll(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    const result = await file.write(bytes, written, bytes.length - written, position + written);
    written += result.bytesWritten;
  }
}

function encodeIndex(entries: readonly Entry[]): Buffer {
  const bytes = Buffer.alloc(entries.length * ENTRY_BYTES);
  entries.forEach(({ line, offset, timeMs }, i) => {
    bytes.writeDoubleLE(line, i * ENTRY_BYTES);
    bytes.writeDoubleLE(offset, i * ENTRY_BYTES + 8);
    bytes.writeDoubleLE(timeMs, i * ENTRY_BYTES + 16);
  });
  return bytes;
}

/** The entries that make sense, up to the first that does not. */
function decodeIndex(bytes: Buffer): Entry[] {
  const entries: Entry[] = [];
  for (let at = 0; at + ENTRY_BYTES <= bytes.length; at += ENTRY_BYTES) {
    const entry = {
      line: bytes.readDoubleLE(at),
      offset: bytes.readDoubleLE(at + 8),
      timeMs: bytes.readDoubleLE(at + 16),
    };
    const before = entries.at(-1) ?? { line: -1, offset: -1 };
    if (!(entry.line > before.line && entry.offset > before.offset)) break;
    entries.push(entry);
  }
  return entries;
}

function timeOf(record: LogRecord): number {
  const ms = Date.parse(record.kind === 'line' ? record.line.time : record.time);
  return Number.isNaN(ms) ? 0 : ms;
}

/** Index of the last entry for which the ascending predicate holds; -1 when there is none. */
function lastWhere(entries: readonly Entry[], holds: (entry: Entry) => boolean): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(entries[middle]!)) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
