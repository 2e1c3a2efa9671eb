// What every bus must do, as cases: they run on a real nats-server and on the in-memory stand-in.

import { CHANGES, DEAD, LOGS, STREAMS, type Broken, type Bus, type BusMessage } from '@slipway/bus';
import { SlipwayError } from '@slipway/contracts';
import { eventually } from './eventually.js';

/** A server that the cases may mistreat, and connections to it. */
export interface BusWorld {
  connect(): Promise<Bus>;
  /** The server dies without a word. */
  kill(): Promise<void>;
  /** It comes back with what it had stored. */
  start(): Promise<void>;
  /** Deletes what it has stored; only while it is dead. */
  wipe(): Promise<void>;
  close(): Promise<void>;
}

/** A test with time enough for a busy machine; none of the cases waits for it. */
function holds(title: string, act: () => unknown): void {
  test(title, async () => void (await act()), 60_000);
}

/** Registers the cases with jest. */
export function busContract(name: string, open: () => Promise<BusWorld>): void {
  describe(`bus (${name})`, () => {
    let world: BusWorld;
    let bus: Bus;
    let other: Bus;
    let endOfCase: Promise<void>;
    let endCase: () => void;
    beforeEach(async () => {
      endOfCase = new Promise((resolve) => {
        endCase = resolve;
      });
      world = await open();
      [bus, other] = await Promise.all([world.connect(), world.connect()]);
    }, 60_000);
    afterEach(async () => {
      endCase();
      await Promise.all([bus.close(), other.close()]);
      await world.close();
    }, 60_000);

    const restart = async (how: { wiped?: boolean } = {}): Promise<void> => {
      await world.kill();
      if (how.wiped === true) await world.wipe();
      await world.start();
    };
    const send = (from: number, to: number, subject = 'change.1.a'): Promise<unknown> =>
      Promise.all(range(from, to).map((n) => bus.publish(`${subject}.${n}`, { n }, { id: `${subject}-${n}` })));

    describe('requests', () => {
      holds('bring the answer of one member of the queue group', async () => {
        await bus.serve('test.double', 'q', (data) => Promise.resolve({ twice: Number(data) * 2 }));
        await other.serve('test.double', 'q', (data) => Promise.resolve({ twice: Number(data) * 2 }));
        expect(await bus.request('test.double', 21)).toEqual({ twice: 42 });
        expect(await other.request('test.double', null)).toEqual({ twice: 0 });
      });

      holds('bring a SlipwayError whole, and of any other throw only that it is internal', async () => {
        const problems = [{ field: 'spec.x', reason: 'FieldValueInvalid', message: 'no' }];
        await other.serve('test.fail', 'q', () =>
          Promise.reject(new SlipwayError('conflict', 'Why', 'Message.', { hint: 'Do.', retryAfterMs: 5, problems })),
        );
        await other.serve('test.bug', 'q', () => Promise.reject(new TypeError('secret detail')));
        await expect(bus.request('test.fail', {})).rejects.toMatchObject({
          name: 'SlipwayError',
          kind: 'conflict',
          reason: 'Why',
          message: 'Message.',
          hint: 'Do.',
          retryAfterMs: 5,
          problems,
        });
        const bug = await bus.request('test.bug', {}).catch((error: unknown) => error as SlipwayError);
        expect(bug).toMatchObject({ kind: 'internal' });
        expect((bug as SlipwayError).message).not.toContain('secret');
      });

      holds(
        'fail at once as transient when nobody answers, and after their time when the answer does not come',
        async () => {
          await other.serve('test.never', 'q', () => endOfCase);
          await expect(bus.request('test.nobody', {})).rejects.toMatchObject({
            kind: 'transient',
            reason: 'NobodyAnswers',
          });
          await expect(bus.request('test.never', {}, { timeoutMs: 50 })).rejects.toMatchObject({
            kind: 'transient',
            reason: 'Timeout',
          });
        },
      );

      holds('and answers over the size limit fail as too-large, and the next one works', async () => {
        const huge = 'x'.repeat(bus.maxPayload);
        await other.serve('test.huge', 'q', (data) => Promise.resolve(data === 1 ? huge : 'small'));
        await expect(bus.request('test.huge', huge)).rejects.toMatchObject({ kind: 'too-large' });
        await expect(bus.request('test.huge', 1)).rejects.toMatchObject({ kind: 'too-large' });
        expect(await bus.request('test.huge', 2)).toBe('small');
      });

      holds(
        'fail at once as transient while the server is away, those on their way too, and work after it is back',
        async () => {
          await other.serve('test.slow', 'q', (data) => (data === 'slow' ? endOfCase : Promise.resolve('ok')));
          const onItsWay = bus.request('test.slow', 'slow', { timeoutMs: 60_000 }).catch((error: unknown) => error);
          await bus.request('test.slow', 'quick');
          await world.kill();
          expect(await onItsWay).toMatchObject({ kind: 'transient' });
          await expect(bus.request('test.slow', 'quick')).rejects.toMatchObject({ kind: 'transient' });
          await world.start();
          expect(await eventually(() => bus.request('test.slow', 'quick'))).toBe('ok');
        },
      );

      holds('are answered to the end by a subscription that stops', async () => {
        let started!: () => void;
        let finish!: () => void;
        const isStarted = new Promise<void>((resolve) => {
          started = resolve;
        });
        const isFinished = new Promise<void>((resolve) => {
          finish = resolve;
        });
        const subscription = await other.serve('test.stop', 'q', async () => {
          started();
          await isFinished;
          return 'done';
        });
        const answer = bus.request('test.stop', {});
        await isStarted;
        const stopped = subscription.stop();
        finish();
        expect(await answer).toBe('done');
        await stopped;
        await expect(bus.request('test.stop', {})).rejects.toMatchObject({ reason: 'NobodyAnswers' });
      });
    });

    describe('publish', () => {
      holds('stores messages in the order of the calls, and repeats of an id once', async () => {
        const seen = await followed(other);
        await send(1, 100);
        await send(50, 60);
        await send(101, 101);
        await eventually(() => seen.numbers.includes(101));
        expect(seen.numbers).toEqual(range(1, 101));
      });

      holds('waits through an outage, keeps the order, and stores each message once', async () => {
        const seen = await followed(other);
        await send(1, 10);
        await world.kill();
        const during = send(11, 50);
        await world.start();
        await during;
        await send(51, 60);
        await eventually(() => seen.numbers.includes(60));
        expect(seen.numbers).toEqual(range(1, 60));
      });

      holds('goes on after the server has lost all its data', async () => {
        await send(1, 3);
        await restart({ wiped: true });
        await send(4, 6);
        const seen = await followed(other, { sequence: 1 });
        await eventually(() => seen.numbers.includes(6));
        expect(seen.numbers).toEqual([4, 5, 6]);
      });

      holds('refuses a message over the size limit, takes bytes as they are, and gives up when told to', async () => {
        const huge = 'x'.repeat(bus.maxPayload);
        await expect(bus.publish('change.1.x', huge, { id: 'huge' })).rejects.toMatchObject({ kind: 'too-large' });
        const seen = await followed(other);
        await bus.publish('change.1.x', new TextEncoder().encode('{"n":7}'), { id: 'bytes' });
        await eventually(() => seen.numbers.length > 0);
        expect(seen.numbers).toEqual([7]);
        await world.kill();
        const stop = new AbortController();
        const waiting = bus.publish('change.1.x', { n: 8 }, { id: 'late', signal: stop.signal });
        stop.abort(new SlipwayError('transient', 'Stopped', 'Stopped.'));
        await expect(waiting).rejects.toMatchObject({ reason: 'Stopped' });
        await world.start();
      });
    });

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
          await bus.consume({ stream: LOGS, durable: 'd', concurrency: 3, handle });
          await send(1, 50, 'log.1.a');
          await eventually(() => handled.length === 50);
          expect(most).toBeLessThanOrEqual(3);
          await other.consume({ stream: LOGS, durable: 'd', concurrency: 3, handle });
          await send(51, 100, 'log.1.a');
          await eventually(() => handled.length === 100);
          expect([...handled].sort((a, b) => a - b)).toEqual(range(1, 100));
        },
      );

      holds('keeps the order when one is handled at a time', async () => {
        const handled: number[] = [];
        await send(1, 30, 'log.1.a');
        await bus.consume<{ n: number }>({
          stream: LOGS,
          durable: 'd',
          handle: ({ n }) => Promise.resolve(void handled.push(n)),
        });
        await eventually(() => handled.length === 30);
        expect(handled).toEqual(range(1, 30));
      });

      holds('brings a message again until its handler succeeds, counting, while the others go on', async () => {
        const deliveries: number[] = [];
        const handled: number[] = [];
        await bus.consume<{ n: number }>({
          stream: LOGS,
          durable: 'd',
          policy: { maxDeliveries: 9, baseDelayMs: 5, maxDelayMs: 20 },
          handle: ({ n }, message) => {
            if (n === 1) deliveries.push(message.delivery);
            if (n === 1 && message.delivery < 4) throw new SlipwayError('transient', 'Down', 'Down.');
            return Promise.resolve(void handled.push(n));
          },
        });
        await send(1, 3, 'log.1.a');
        await eventually(() => handled.length === 3);
        expect(handled.at(-1)).toBe(1);
        expect(deliveries).toEqual([1, 2, 3, 4]);
      });

      holds('writes a dead letter for what nobody can handle, unreadable bytes too, and goes on', async () => {
        const letters: BusMessage[] = [];
        await other.follow({
          stream: DEAD,
          startAt: 'new',
          handle: (message) => void letters.push(message),
          onBroken: () => {},
        });
        const handled: number[] = [];
        await bus.consume<{ n: number }>({
          stream: LOGS,
          durable: 'd',
          policy: { maxDeliveries: 2, baseDelayMs: 5, maxDelayMs: 5 },
          handle: ({ n }) => {
            if (n === 1) throw new SlipwayError('invalid', 'Poison', 'Poison.');
            if (n === 2) throw new TypeError('bug');
            return Promise.resolve(void handled.push(n));
          },
        });
        await bus.publish('log.1.a.bytes', new Uint8Array([0xff, 0x7b]), { id: 'bytes' });
        await send(1, 3, 'log.1.a');
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
        await bus.consume({
          stream: LOGS,
          durable: 'd',
          ackWaitMs: 1000,
          handle: async () => {
            handled++;
            await new Promise((resolve) => setTimeout(resolve, 2500));
          },
        });
        let isDone = false;
        await send(1, 1, 'log.1.a');
        await other.consume({
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
        const subscription = await bus.consume<{ n: number }>({
          stream: LOGS,
          durable: 'd',
          handle: async ({ n }) => {
            await new Promise<void>((resolve) => {
              finish = resolve;
            });
            handled.push(n);
          },
        });
        await send(1, 5, 'log.1.a');
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
        await bus.consume(options);
        await other.consume(options);
        await send(1, 300, 'log.1.a');
        await restart();
        await send(301, 310, 'log.1.a');
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
          await bus.consume<{ n: number }>({
            stream: LOGS,
            durable: 'd',
            concurrency: 10,
            ackWaitMs: 1000,
            handle: async ({ n }) => {
              if (n < 5) await held;
              handled.push(n);
            },
          });
          await send(1, 4, 'log.1.a');
          await restart({ wiped: true });
          await send(5, 8, 'log.1.a'); // under the same sequences as 1 to 4
          finish();
          await eventually(() => handled.length >= 8);
          expect([...new Set(handled)].sort((a, b) => a - b)).toEqual(range(1, 8));
        },
      );
    });

    describe('follow', () => {
      holds('reads in order from where it is told to, filtered', async () => {
        await send(1, 5);
        await send(1, 5, 'change.2.a');
        const fromNew = await followed(bus);
        const fromThird = await followed(bus, { sequence: 3 });
        const filtered = await followed(bus, { sequence: 1 }, 'change.2.>');
        await send(6, 8);
        await eventually(() => fromNew.numbers.length === 3 && fromThird.numbers.length === 11);
        await eventually(() => filtered.numbers.length === 5);
        expect(fromNew.numbers).toEqual([6, 7, 8]);
        expect(fromThird.numbers).toEqual([3, 4, 5, 1, 2, 3, 4, 5, 6, 7, 8]);
        expect(filtered.numbers).toEqual([1, 2, 3, 4, 5]);
        expect([...fromNew.broken, ...fromThird.broken, ...filtered.broken]).toEqual([]);
      });

      holds('goes on over a restart without a hole, a repeat or a false alarm', async () => {
        const seen = await followed(other);
        await send(1, 20);
        await eventually(() => seen.numbers.length === 20);
        await restart();
        await send(21, 40);
        await eventually(() => seen.numbers.includes(40));
        expect(seen.numbers).toEqual(range(1, 40));
        expect(seen.broken).toEqual([]);
      });

      holds('tells that the stream was made anew, and reads all of the new one', async () => {
        const seen = await followed(other);
        await send(1, 5);
        await eventually(() => seen.numbers.length === 5);
        await restart({ wiped: true });
        await send(6, 20);
        await eventually(() => seen.numbers.includes(20));
        expect(seen.numbers).toEqual(range(1, 20));
        expect(seen.broken).toEqual([{ kind: 'recreated' }]);
      });

      holds('tells which message its handler could not take, and goes on', async () => {
        const numbers: number[] = [];
        const broken: Broken[] = [];
        await bus.follow({
          stream: CHANGES,
          startAt: 'new',
          handle: (message) => {
            const { n } = message.json<{ n: number }>();
            if (n === 2) throw new Error('cannot');
            numbers.push(n);
          },
          onBroken: (why) => void broken.push(why),
        });
        await send(1, 3);
        await eventually(() => numbers.includes(3));
        expect(numbers).toEqual([1, 3]);
        expect(broken).toMatchObject([{ kind: 'unreadable', subject: 'change.1.a.2' }]);
      });

      holds('handles nothing more once it is stopped', async () => {
        const seen = await followed(bus);
        await send(1, 2);
        await eventually(() => seen.numbers.length === 2);
        await seen.stop();
        await send(3, 4);
        const later = await followed(bus, { sequence: 1 });
        await eventually(() => later.numbers.length === 4);
        expect(seen.numbers).toEqual([1, 2]);
      });
    });

    holds('tells of each reconnect once, when requests and streams can be used again', async () => {
      let reconnects = 0;
      let wasConnected = false;
      const forget = bus.onReconnect(() => {
        reconnects++;
        wasConnected = bus.isConnected();
      });
      expect(bus.isConnected()).toBe(true);
      await world.kill();
      await eventually(() => !bus.isConnected());
      await world.start();
      await eventually(() => reconnects === 1);
      expect(wasConnected).toBe(true);
      forget();
      await restart();
      await eventually(() => bus.isConnected());
      await bus.publish('change.1.a', {}, { id: 'x' });
      expect(reconnects).toBe(1);
    });

    holds('closes while the server is away, and fails what waits', async () => {
      await world.kill();
      const waiting = bus.publish('change.1.a', {}, { id: 'x' }).catch((error: unknown) => error);
      await bus.close();
      expect(await waiting).toMatchObject({ kind: 'transient' });
      await world.start();
    });

    holds('has a stream for every subject that is published', () => {
      expect(STREAMS.map((stream) => stream.name)).toEqual([CHANGES, LOGS, DEAD]);
    });
  });
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

async function followed(
  bus: Bus,
  startAt: 'new' | { sequence: number } = 'new',
  filter?: string,
): Promise<{ numbers: number[]; broken: Broken[]; stop: () => Promise<void> }> {
  const numbers: number[] = [];
  const broken: Broken[] = [];
  const subscription = await bus.follow({
    stream: CHANGES,
    startAt,
    ...(filter === undefined ? {} : { filter }),
    handle: (message) => void numbers.push(message.json<{ n: number }>().n),
    onBroken: (why) => void broken.push(why),
  });
  return { numbers, broken, stop: () => subscription.stop() };
}
