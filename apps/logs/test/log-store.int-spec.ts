import { readdirSync, readlinkSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import type { LogChunk } from '@slipway/contracts';
import { tempDir } from '@slipway/testing';
import { LogReader } from '../src/io/log-reader.js';
import { LogStore } from '../src/io/log-store.js';

const time = '2026-01-01T00:00:00.000000001Z';
const chunk = (podUid: string, first: number, count: number, more: Partial<LogChunk> = {}): LogChunk => ({
  namespace: 'ns',
  pod: 'p',
  podUid,
  container: 'c',
  first,
  lines: Array.from({ length: count }, (_, i) => ({ time, stream: 'stdout', text: `${podUid} ${first + i}` })),
  ...more,
});
const at = (podUid: string): { namespace: string; podUid: string; container: string } => ({
  namespace: 'ns',
  podUid,
  container: 'c',
});

describe('the store of logs', () => {
  let dir: { path: string; remove: () => Promise<void> };
  let store: LogStore;
  let reader: LogReader;
  const open = async (): Promise<void> => {
    store = await LogStore.open(dir.path, { maxOpen: 4 });
    const peers = { names: [], askAll: () => Promise.resolve([]) };
    reader = new LogReader({ store, peers, mirror: { catchUp: () => Promise.resolve() }, maxBytes: 100_000 });
  };
  beforeEach(async () => {
    dir = await tempDir();
    await open();
  });
  afterEach(async () => {
    await store.close();
    await dir.remove();
  });

  test('keeps hundreds of containers with a few files open (T1)', async () => {
    const pods = Array.from({ length: 300 }, (_, i) => `pod-${i}`);
    for (const first of [0, 1, 2]) await Promise.all(pods.map((pod) => store.append(chunk(pod, first, 1))));
    for (const pod of pods) {
      const { lines } = await reader.read({ ...at(pod), from: 0, waitMs: 0 });
      expect(lines.map(({ text }) => text)).toEqual([0, 1, 2].map((n) => `${pod} ${n}`));
    }
    expect(openFiles(dir.path)).toBeLessThanOrEqual(2 * 4);
  });

  test('stores chunks that come at the same time one after another, each line once (T2)', async () => {
    const chunks = Array.from({ length: 100 }, (_, i) => chunk('u', i * 3, 5));
    await Promise.all(chunks.map((given) => store.append(given)));
    const { lines } = await reader.read({ ...at('u'), from: 0, waitMs: 0 });
    expect(lines.map(({ text }) => text)).toEqual(Array.from({ length: 302 }, (_, i) => `u ${i}`));
  });

  test('wakes every reader that waits, when a line comes and when the log ends', async () => {
    const readers = Array.from({ length: 50 }, () => reader.read({ ...at('u'), from: 0, waitMs: 20_000 }));
    await store.append(chunk('u', 0, 1));
    for (const reply of await Promise.all(readers)) expect(reply).toMatchObject({ next: 1, end: false });
    const waiting = reader.read({ ...at('u'), from: 1, waitMs: 20_000 });
    await store.append(chunk('u', 1, 0, { end: true }));
    expect(await waiting).toEqual({ lines: [], next: 1, end: true });
    expect(await reader.read({ ...at('u'), from: 1, waitMs: 20_000 })).toEqual({ lines: [], next: 1, end: true });
  });

  test('answers an unknown log with nothing after the wait, and follows it from there', async () => {
    expect(await reader.read({ ...at('u'), from: -10, waitMs: 10 })).toEqual({ lines: [], next: 0, end: false });
  });

  test('reads the last lines', async () => {
    await store.append(chunk('u', 0, 20));
    const { lines, next } = await reader.read({ ...at('u'), from: -2, waitMs: 0 });
    expect(lines.map(({ text }) => text)).toEqual(['u 18', 'u 19']);
    expect(next).toBe(20);
    expect((await reader.read({ ...at('u'), from: -99, waitMs: 0 })).lines).toHaveLength(20);
  });

  test('says which line it wants next, never skipping one', async () => {
    expect(await reader.position(at('u'))).toEqual({ next: 0, ended: false });
    expect(await store.append(chunk('u', 0, 3))).toBe('append');
    expect(await store.append(chunk('u', 5, 3, { end: true }))).toBe('gap');
    expect(await reader.position(at('u'))).toEqual({ next: 3, ended: false });
    expect(await store.append(chunk('u', 2, 6, { end: true }))).toBe('append');
    expect(await reader.position(at('u'))).toEqual({ next: 8, ended: true });
  });

  test('is the same after it is opened again', async () => {
    await store.append(chunk('u', 0, 3));
    await open(); // the first one was killed: it never closed
    expect(await reader.position(at('u'))).toEqual({ next: 3, ended: false });
    expect(await store.append(chunk('u', 1, 4, { end: true }))).toBe('append');
    expect((await reader.read({ ...at('u'), from: 0, waitMs: 0 })).lines).toHaveLength(5);
  });

  test('removes a pod for good, late chunks included, also when opened again (T3)', async () => {
    await store.append(chunk('u', 0, 3));
    await store.append(chunk('v', 0, 3));
    const waiting = reader.read({ ...at('u'), from: 3, waitMs: 20_000 });
    await store.remove({ namespace: 'ns', podUid: 'u' });
    await store.remove({ namespace: 'ns', podUid: 'u' });
    expect(await waiting).toMatchObject({ lines: [], end: true });
    await open();
    expect(await store.append(chunk('u', 0, 3))).toBe('duplicate');
    expect(await reader.read({ ...at('u'), from: 0, waitMs: 0 })).toEqual({ lines: [], next: 0, end: true });
    expect(await reader.position(at('u'))).toEqual({ next: 0, ended: true });
    expect((await reader.read({ ...at('v'), from: 0, waitMs: 0 })).lines).toHaveLength(3);
  });

  test('lets a reader that is at it finish when the pod is removed (T1)', async () => {
    await store.append(chunk('u', 0, 3));
    const { lines } = await store.read(at('u'), async (log) => {
      await store.remove({ namespace: 'ns', podUid: 'u' });
      return log!.read(0, { maxLines: 10, maxBytes: 1000 });
    });
    expect(lines).toHaveLength(3);
    expect(openFiles(dir.path)).toBe(0);
  });

  test('knows the pods of which lines are stored, and since when', async () => {
    await store.append({ ...chunk('u', 0, 1), namespace: 'a.b' });
    await store.append({ ...chunk('v', 0, 1), namespace: 'a.b', container: 'ä' });
    const pods = await store.pods(Infinity);
    expect([...pods].map(([namespace, uids]) => [namespace, uids.sort()])).toEqual([['a.b', ['u', 'v']]]);
    expect(await store.pods(0)).toEqual(new Map());
  });

  test('lets no name leave its folder or meet another', async () => {
    const names = ['..', '.', '../x', 'a/b', 'a.b', 'a=2eb', '', 'ä', '\0'];
    for (const [i, name] of names.entries()) {
      await store.append({ ...chunk('u', 0, i + 1), namespace: name, podUid: name, container: name });
    }
    for (const [i, name] of names.entries()) {
      const key = { namespace: name, podUid: name, container: name };
      expect((await reader.position(key)).next).toBe(i + 1);
    }
    expect([...(await store.pods(Infinity)).keys()].sort()).toEqual([...names].sort());
    expect((await readdir(dir.path)).every((name) => name === '.removed' || !name.includes('.'))).toBe(true);
    await expect(store.append({ ...chunk('u', 0, 1), container: 'x'.repeat(300) })).rejects.toMatchObject({
      kind: 'invalid',
    });
  });
});

function openFiles(below: string): number {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(below);
    } catch {
      return false;
    }
  }).length;
}
