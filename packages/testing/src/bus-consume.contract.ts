import { CHANGES, DEAD, LOGS, STREAMS, type BusMessage, type Subscription } from '@slipway/bus';
import { SlipwayError } from '@slipway/contracts';
import { holds, range, type BusCase } from './bus-world.js';
import { eventually } from './eventually.js';

/** See `busContract`. `at` is the world of the case that runs. */
export function consumeCases(at: BusCase): void {
  describe('consume', () => {
    holds(
      'handles each message, with at most the given number at a time, and shares them among processes',
      async () => {
        const handled: number[] = [];
        let running = 0;
        let most = 0;
        const handle = async ({ n }: { n: number }): Promise<void> => {
          most = Math.max(most, ++running);
          await new Promise((resolve) => setImmediate(resolve));
          running--;
          handled.push(n);
        };
        await at.bus.consume({ stream: LOGS, durable: 'd', concurrency: 3, handle });
        await at.send(1, 50, 'log.1.a');
        await eventually(() => handled.length === 50);
        expect(most).toBeLessThanOrEqual(3);
        await at.other.consume({ stream: LOGS, durable: 'd', concurrency: 3, handle });
        await at.send(51, 100, 'log.1.a');
        await eventually(() => handled.length === 100);
        expect([...handled].sort((a, b) => a - b)).toEqual(range(1, 100));
      },
    );

    holds('keeps the order when one is handled at a time', async () => {
      const handled: number[] = [];
      await at.send(1, 30);
      await at.bus.consume<{ n: number }>({
        stream: CHANGES,
        durable: 'd',
        handle: ({ n }) => Promise.resolve(void handled.push(n)),
      });
      await eventually(() => handled.length === 30);
      expect(handled).toEqual(range(1, 30));
    });

    holds('brings a message again until its handler succeeds, counting, while the others go on', async () => {
      const deliveries: number[] = [];
      const handled: number[] = [];
      await at.bus.consume<{ n: number }>({
        stream: LOGS,
        durable: 'd',
        policy: { maxDeliveries: 9, baseDelayMs: 5, maxDelayMs: 20 },
        handle: ({ n }, message) => {
          if (n === 1) deliveries.push(message.delivery);
          if (n === 1 && message.delivery < 4) throw new SlipwayError('transient', 'Down', 'Down.');
          return Promise.resolve(void handled.push(n));
        },
      });
      await at.send(1, 3, 'log.1.a');
      await eventually(() => handled.length === 3);
      expect(handled.at(-1)).toBe(1);
      expect(deliveries).toEqual([1, 2, 3, 4]);
    });

    holds('writes a dead letter for what nobody can handle, unreadable bytes too, and goes on', async () => {
      const letters: BusMessage[] = [];
      await at.other.follow({
        stream: DEAD,
        startAt: 'new',
        handle: (message) => void letters.push(message),
        onBroken: () => {},
      });
      const handled: number[] = [];
      await at.bus.consume<{ n: number }>({
        stream: LOGS,
        durable: 'd',
        policy: { maxDeliveries: 2, baseDelayMs: 5, maxDelayMs: 5 },
        handle: ({ n }) => {
          if (n === 1) throw new SlipwayError('invalid', 'Poison', 'Poison.');
          if (n === 2) throw new TypeError('bug');
          return Promise.resolve(void handled.push(n));
        },
      });
      await at.bus.publish('log.1.a.bytes', new Uint8Array([0xff, 0x7b]), { id: 'bytes' });
      await at.send(1, 3, 'log.1.a');
      await eventually(() => letters.length === 3);
      expect(letters.map((letter) => letter.subject).sort()).toEqual([
        'dead.d.log.1.a.1',
        'dead.d.log.1.a.2',
        'dead.d.log.1.a.bytes',
      ]);
      expect(letters.find((letter) => letter.subject.endsWith('.1'))!.json()).toEqual({ n: 1 });
      expect(handled).toEqual([3]);
    });

    holds('does not bring a message again that is handled longer than the wait (B2)', async () => {
      let handled = 0;
      await at.bus.consume({
        stream: LOGS,
        durable: 'd',
        ackWaitMs: 1000,
        handle: async () => {
          handled++;
          await new Promise((resolve) => setTimeout(resolve, 2500));
        },
      });
      let isDone = false;
      await at.send(1, 1, 'log.1.a');
      await at.other.consume({
        stream: LOGS,
        durable: 'd',
        ackWaitMs: 1000,
        handle: () => Promise.resolve(void handled++),
      });
      setTimeout(() => {
        isDone = true;
      }, 3500);
      await eventually(() => isDone);
      expect(handled).toBe(1);
    });

    holds('waits for the message in hand when it stops, and takes no other (B3)', async () => {
      let finish!: () => void;
      const handled: number[] = [];
      const subscription = await at.bus.consume<{ n: number }>({
        stream: LOGS,
        durable: 'd',
        handle: async ({ n }) => {
          await new Promise<void>((resolve) => {
            finish = resolve;
          });
          handled.push(n);
        },
      });
      await at.send(1, 5, 'log.1.a');
      await eventually(() => finish);
      const stopped = subscription.stop();
      finish();
      await stopped;
      expect(handled).toEqual([1]);
    });

    holds('handles everything at least once over a kill of the server and a restart', async () => {
      const handled = new Set<number>();
      const options = {
        stream: LOGS,
        durable: 'd',
        concurrency: 4,
        ackWaitMs: 1000,
        handle: async ({ n }: { n: number }): Promise<void> => {
          await new Promise((resolve) => setTimeout(resolve, 1));
          handled.add(n);
        },
      };
      await at.bus.consume(options);
      await at.other.consume(options);
      await at.send(1, 300, 'log.1.a');
      await at.restart();
      await at.send(301, 310, 'log.1.a');
      await eventually(() => handled.size === 310, { deadlineMs: 20_000 });
    });

    holds(
      'makes its durable again on a server that lost its data, and no old acknowledgement counts there (B5, B6)',
      async () => {
        let finish!: () => void;
        const held = new Promise<void>((resolve) => {
          finish = resolve;
        });
        const handled: number[] = [];
        await at.bus.consume<{ n: number }>({
          stream: CHANGES,
          durable: 'd',
          concurrency: 10,
          ackWaitMs: 1000,
          handle: async ({ n }) => {
            if (n < 5) await held;
            handled.push(n);
          },
        });
        await at.send(1, 4);
        await at.restart({ wiped: true });
        await at.send(5, 8); // under the same sequences as 1 to 4
        finish();
        await eventually(() => handled.length >= 8);
        expect([...new Set(handled)].sort((a, b) => a - b)).toEqual(range(1, 8));
      },
    );

    holds(
      'brings every message of a stream by interest to each durable, and keeps it until all have settled',
      async () => {
        const handled: Record<string, number[]> = { one: [], two: [] };
        const consume = (durable: string): Promise<Subscription> =>
          at.bus.consume<{ n: number }>({
            stream: LOGS,
            durable,
            handle: ({ n }) => Promise.resolve(void handled[durable]!.push(n)),
          });
        await consume('one');
        const two = await consume('two');
        await at.send(1, 10, 'log.1.a');
        await eventually(() => handled['one']!.length === 10 && handled['two']!.length === 10);
        await eventually(async () => (await at.bus.streamState(LOGS)).messages === 0);
        await two.stop();
        await at.send(11, 20, 'log.1.a');
        await eventually(() => handled['one']!.length === 20);
        const state = (await eventually(async () => {
          const now = await at.bus.streamState(LOGS);
          return now.durables.some(({ name, waiting }) => name === 'one' && waiting === 0) ? now : undefined;
        }))!;
        expect(state.durables.find(({ name }) => name === 'two')).toEqual({ name: 'two', waiting: 10 });
        expect(state).toMatchObject({ messages: 10, maxBytes: STREAMS.find(({ name }) => name === LOGS)!.maxBytes });
        await at.bus.removeDurable(LOGS, 'two');
        await at.bus.removeDurable(LOGS, 'two'); // idempotent
        await eventually(async () => (await at.bus.streamState(LOGS)).messages === 0);
        expect((await at.bus.streamState(LOGS)).durables.map(({ name }) => name)).toEqual(['one']);
      },
    );

    holds('says when its durable is new: at first, and when it was forgotten meanwhile', async () => {
      let news = 0;
      const handled: number[] = [];
      const options = {
        stream: LOGS,
        durable: 'd',
        onNew: (): void => void news++,
        handle: ({ n }: { n: number }): Promise<void> => Promise.resolve(void handled.push(n)),
      };
      const first = await at.bus.consume(options);
      await at.send(1, 1, 'log.1.a');
      await eventually(async () => (await at.bus.streamState(LOGS)).messages === 0 && handled.length === 1);
      await first.stop();
      expect(news).toBe(1);
      const second = await at.bus.consume(options);
      expect(news).toBe(1);
      await second.stop();
      await at.bus.removeDurable(LOGS, 'd');
      await at.bus.consume(options);
      expect(news).toBe(2);
    });
  });
}
