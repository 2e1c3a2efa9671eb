import { setTimeout as sleep } from 'node:timers/promises';
import type { LogLine } from '@slipway/contracts';
import { eventually } from '@slipway/testing';
import { LineMasker } from '../src/core/mask.js';
import { shipContainerLog, type ContainerLogOptions } from '../src/io/container-log.js';
import { MemoryLogs } from './memory-world.js';

const TARGET = { namespace: 'ns', pod: 'p', podUid: 'uid', container: 'step-a', shard: 0 };
const line = (text: string, partial?: true): LogLine => ({
  time: '2026-01-01T00:00:00.000000000Z',
  stream: 'stdout',
  text,
  ...(partial === undefined ? {} : { partial }),
});
const lines = (count: number, from = 0): LogLine[] => Array.from({ length: count }, (_, i) => line(`line ${from + i}`));
const texts = (count: number): string[] => lines(count).map(({ text }) => text);

describe('shipContainerLog', () => {
  let logs: MemoryLogs;
  let end: AbortController;
  beforeEach(() => {
    logs = new MemoryLogs();
    end = new AbortController();
  });

  /** Ships what `batches` gives; a number waits for so many milliseconds. */
  const ship = (batches: readonly (LogLine[] | number)[], over: Partial<ContainerLogOptions> = {}): Promise<void> =>
    shipContainerLog({
      bus: logs.bus,
      target: TARGET,
      read: async function* (signal) {
        for (const batch of batches) {
          if (signal.aborted) return;
          if (typeof batch === 'number') await sleep(batch, undefined, { signal });
          else yield batch;
        }
      },
      masker: () => new LineMasker([]),
      preface: () => Promise.resolve([]),
      isFresh: true,
      signal: end.signal,
      ...over,
    });
  const stored = (): string[] => logs.text('uid', 'step-a');

  it('sends every line once, in order, and then the end', async () => {
    await ship([lines(3), lines(2, 3), 20, lines(5, 5)]);
    expect(stored()).toEqual(texts(10));
    expect(logs.published.map(({ first, lines: sent }) => [first, sent.length])).toEqual([
      [0, 5],
      [5, 5],
    ]);
    expect(logs.published.map(({ end: isEnd }) => isEnd)).toEqual([undefined, true]);
  });

  it('says that a silent container has ended', async () => {
    await ship([]);
    expect(logs.hasEnded('uid', 'step-a')).toBe(true);
  });

  it('goes on where the logs service is, after a restart', async () => {
    const again = new MemoryLogs();
    await again.bus.publish('', { ...TARGET, first: 0, lines: lines(4) }, { id: '1' });
    again.published = [];
    await ship([lines(10)], { bus: again.bus, isFresh: false });
    expect(again.published[0]?.first).toBe(4);
    expect(again.text('uid', 'step-a')).toEqual(texts(10));
  });

  it('sends nothing of a log that is stored to its end', async () => {
    await ship([lines(4)]);
    logs.published = [];
    await ship([lines(4)], { isFresh: false });
    expect(logs.published).toEqual([]);
  });

  it('sends again, under other ids, what the bus took and lost', async () => {
    logs.loses = true;
    const shipping = ship([lines(6)]);
    await sleep(50);
    logs.loses = false;
    await shipping;
    expect(stored()).toEqual(texts(6));
    expect(logs.hasEnded('uid', 'step-a')).toBe(true);
  });

  it('goes back in the middle of a log when a reconnect shows a loss', async () => {
    const shipping = ship([lines(3), 30, lines(3, 3), 1500, lines(3, 6)]);
    await sleep(20);
    logs.loses = true;
    await sleep(60);
    logs.loses = false;
    logs.reconnect();
    await shipping;
    expect(stored()).toEqual(texts(9));
  });

  it('finds out by itself, while the container goes on, that the bus had nobody to keep lines for', async () => {
    logs.loses = true;
    const ended = new AbortController();
    const shipping = ship([], {
      lookMs: 10,
      read: async function* (signal) {
        yield lines(3);
        const either = AbortSignal.any([signal, ended.signal]);
        await sleep(60_000, undefined, { signal: either }).catch(() => undefined);
      },
    });
    await sleep(50); // what is sent meanwhile is lost
    logs.loses = false;
    await eventually(() => stored().length === 3);
    ended.abort();
    await shipping;
    expect(stored()).toEqual(texts(3));
  });

  it('masks, and keeps the lines that carry results to itself, without a hole in the numbers', async () => {
    const result = line('\u001eslipway.result 0 1/1 e30=');
    await ship([[line('the token'), result, line('after')]], { masker: () => new LineMasker(['token']) });
    expect(stored()).toEqual(['the ***', 'after']);
  });

  it('puts the preface before the first line, and counts it', async () => {
    let asked = 0;
    const preface = (): Promise<LogLine[]> => {
      asked++;
      return Promise.resolve([line('slipway: notice')]);
    };
    logs.loses = true;
    const shipping = ship([lines(2)], { preface });
    await sleep(50);
    logs.loses = false;
    await shipping;
    expect(stored()).toEqual(['slipway: notice', 'line 0', 'line 1']);
    expect(asked).toBe(1);
  });

  it('keeps chunks below the limit of a message', async () => {
    const long = Array.from({ length: 60 }, () => line('\u001b'.repeat(16_000)));
    await ship([long]);
    expect(stored()).toHaveLength(60);
    for (const chunk of logs.published) {
      expect(Buffer.byteLength(JSON.stringify(chunk))).toBeLessThan(256 * 1024);
    }
  });

  it('waits while the logs service is away, and finishes when it is back', async () => {
    const request = logs.bus.request.bind(logs.bus);
    let isAway = true;
    const bus = {
      ...logs.bus,
      request: <Reply>(subject: string, data: unknown): Promise<Reply> =>
        isAway ? Promise.reject(new Error('away')) : request<Reply>(subject, data),
    };
    const shipping = ship([lines(2)], { bus });
    await sleep(120);
    isAway = false;
    await shipping;
    expect(stored()).toEqual(texts(2));
  });

  it('stops when it is told to, and says that it has not finished', async () => {
    const shipping = ship([lines(1), 60_000]);
    await sleep(20);
    end.abort();
    await expect(Promise.race([shipping, sleep(1000, 'still running')])).rejects.toThrow();
    expect(logs.hasEnded('uid', 'step-a')).toBe(false);
  });

  it('leaves nothing unheard of what was on its way when it is told to stop', async () => {
    const unheard: unknown[] = [];
    const hear = (reason: unknown): number => unheard.push(reason);
    process.on('unhandledRejection', hear);
    try {
      let isOnItsWay = false;
      const publish = (_: string, __: unknown, { signal }: { signal?: AbortSignal }): Promise<void> => {
        isOnItsWay = true;
        return new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(new Error('stopped'))));
      };
      const shipping = ship([lines(1), 60_000], { bus: { ...logs.bus, publish } });
      await eventually(() => isOnItsWay);
      end.abort();
      await expect(shipping).rejects.toThrow();
      await sleep(0); // Node tells of what nobody heard at the end of a turn
      expect(unheard).toEqual([]);
    } finally {
      process.off('unhandledRejection', hear);
    }
  });
});
