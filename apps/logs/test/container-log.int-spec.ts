import { appendFile, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tempDir } from '@slipway/testing';
import type { LogRecord } from '../src/core/record.js';
import { ContainerLog } from '../src/io/container-log.js';

const START_MS = Date.UTC(2026, 0, 1);
/** Line n was written n milliseconds after the start. */
const line = (n: number, text = `line ${n}`): LogRecord => ({
  kind: 'line',
  line: { time: new Date(START_MS + n).toISOString(), stream: 'stdout', text },
});
const lines = (from: number, to: number, pad = 0): LogRecord[] =>
  Array.from({ length: to - from }, (_, i) => line(from + i, `line ${from + i}${'.'.repeat(pad)}`));
const all = { maxLines: 1_000_000, maxBytes: 1_000_000_000 };

describe('the log of a container', () => {
  let dir: { path: string; remove: () => Promise<void> };
  let path: string;
  const opened: ContainerLog[] = [];
  beforeEach(async () => {
    dir = await tempDir();
    path = join(dir.path, 'c');
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((log) => log.close()));
    await dir.remove();
  });
  const open = async (): Promise<ContainerLog> => {
    const log = (await ContainerLog.open(path, true))!;
    opened.push(log);
    return log;
  };
  const numbers = async (log: ContainerLog, from: number, limits = all): Promise<number[]> =>
    (await log.read(from, limits)).lines.map(({ text }) => Number(/\d+/.exec(text)![0]));

  test('is not made by looking', async () => {
    expect(await ContainerLog.open(path, false)).toBeUndefined();
  });

  test('gives back any part, before and after it is opened again', async () => {
    const log = await open();
    for (let n = 0; n < 5000; n += 100) await log.append(lines(n, n + 100, 50));
    const again = await open();
    for (const reader of [log, again]) {
      expect(reader.next).toBe(5000);
      for (const from of [0, 1, 99, 100, 1234, 4990, 4999]) {
        expect(await numbers(reader, from, { ...all, maxLines: 5 })).toEqual(
          Array.from({ length: Math.min(5, 5000 - from) }, (_, i) => from + i),
        );
      }
      expect(await reader.read(5000, all)).toEqual({ lines: [], next: 5000 });
      // A reader who comes from a replica that has more stays where it is.
      expect(await reader.read(9999, all)).toEqual({ lines: [], next: 9999 });
    }
  });

  test('is copied record by record from any line on, and the end with the last of them', async () => {
    const log = await open();
    await log.append([...lines(0, 3), { kind: 'lost', time: '2026-01-01T00:00:00Z', count: 4 }, ...lines(7, 9)]);
    expect(await log.copy(9, 1000)).toEqual({ first: 9, records: [] });
    await log.append([{ kind: 'end', time: '2026-01-01T00:00:00Z' }]);
    const copied = async (from: number, maxBytes = 1000): Promise<[first: number, ...kinds: string[]]> => {
      const { first, records } = await log.copy(from, maxBytes);
      return [first, ...records.map((text) => text.split(' ')[1]!)];
    };
    const rest = ['stdout', 'stdout', 'end'];
    expect(await copied(0)).toEqual([0, 'stdout', 'stdout', 'stdout', 'lost', ...rest]);
    expect(await copied(5)).toEqual([3, 'lost', ...rest]); // the mark begins before
    expect(await copied(8)).toEqual([8, 'stdout', 'end']);
    expect(await copied(9)).toEqual([9, 'end']);
    expect(await copied(10)).toEqual([10]);
    expect(await copied(1, 1)).toEqual([1, 'stdout']); // one at least
  });

  test('starts at a time', async () => {
    const log = await open();
    await log.append(lines(0, 5000, 50));
    for (const [since, first] of [
      [-1, 0],
      [0, 0],
      [1, 1],
      [777, 777],
      [4321, 4321],
    ] as const) {
      const found = await log.read(0, { ...all, maxLines: 3, sinceMs: START_MS + since });
      expect(found.lines[0]!.text).toMatch(new RegExp(`line ${first}\\.`));
      expect(found.next).toBe(first + 3);
    }
    const none = await log.read(0, { ...all, sinceMs: START_MS + 10_000 });
    expect(none).toEqual({ lines: [], next: 5000 });
  });

  test('gives at most so many bytes, and always at least one line', async () => {
    const log = await open();
    await log.append(lines(0, 100, 1000));
    expect((await numbers(log, 0, { ...all, maxBytes: 10_000 })).length).toBeLessThan(10);
    expect(await numbers(log, 7, { ...all, maxBytes: 1 })).toEqual([7]);
  });

  test('loses what a crash tore off, and nothing else (L1)', async () => {
    const log = await open();
    await log.append(lines(0, 3000, 50));
    await log.close();
    opened.pop();
    const whole = await stat(`${path}.log`);
    await truncate(`${path}.log`, whole.size - 3);
    const cut = await open();
    expect(cut.next).toBe(2999);
    await cut.append(lines(2999, 3001, 50));
    expect(await numbers(cut, 2998)).toEqual([2998, 2999, 3000]);
  });

  test('cuts bytes at its end that are no record (L1)', async () => {
    const log = await open();
    await log.append(lines(0, 10));
    await appendFile(`${path}.log`, '\0\0\0\0\nmore\n');
    const cut = await open();
    expect(cut.next).toBe(10);
    expect((await readFile(`${path}.log`, 'utf8')).endsWith('line 9\n')).toBe(true);
  });

  test('needs no index, and believes no wrong one (L2)', async () => {
    const log = await open();
    await log.append(lines(0, 4000, 50));
    await writeFile(`${path}.idx`, '');
    expect(await numbers(await open(), 3998)).toEqual([3998, 3999]);
    const index = await readFile(`${path}.idx`);
    expect(index.length).toBeGreaterThan(24);
    // An index that is longer than its file, as after a crash of the machine.
    await truncate(`${path}.log`, 70_000);
    const short = await open();
    expect(short.next).toBeLessThan(4000);
    const { next } = short;
    await short.append(lines(next, next + 10, 50));
    expect(await numbers(await open(), next - 1)).toEqual(Array.from({ length: 11 }, (_, i) => next - 1 + i));
  });

  test('remembers lost lines and its end', async () => {
    const log = await open();
    await log.append([line(0), { kind: 'lost', time: '2026-01-01T00:00:00Z', count: 5 }, line(6)]);
    await log.append([{ kind: 'end', time: '2026-01-01T00:00:01Z' }]);
    const again = await open();
    expect(again.next).toBe(7);
    expect(again.isEnded).toBe(true);
    const { lines: found, next } = await again.read(0, all);
    expect(found.map(({ text }) => text)).toEqual(['line 0', '[slipway] 5 lines of the log were lost here', 'line 6']);
    expect(next).toBe(7);
    expect((await again.read(3, all)).lines).toHaveLength(2);
  });

  test('is read while it grows', async () => {
    const log = await open();
    const seen: number[] = [];
    const reading = (async () => {
      while (seen.length < 2000) {
        seen.push(...(await numbers(log, seen.length)));
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    for (let n = 0; n < 2000; n += 10) await log.append(lines(n, n + 10));
    await reading;
    expect(seen).toEqual(Array.from({ length: 2000 }, (_, i) => i));
  });
});
