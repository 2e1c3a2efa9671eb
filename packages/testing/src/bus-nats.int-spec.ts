import { LOGS, STREAMS, connectBus } from '@slipway/bus';
import { busContract } from './bus.contract.js';
import { eventually } from './eventually.js';
import { startTestNats } from './nats.js';

busContract('nats-server', async () => {
  const nats = await startTestNats();
  return {
    connect: () => connectBus({ url: nats.url, name: 'contract' }),
    kill: () => nats.kill(),
    start: () => nats.start(),
    wipe: () => nats.wipe(),
    close: () => nats.close(),
  };
});

const handle = (): Promise<void> => Promise.resolve();

async function withServer(act: (url: string) => Promise<void>): Promise<void> {
  const nats = await startTestNats();
  try {
    await act(nats.url);
  } finally {
    await nats.close();
  }
}

test('a consumer that the server does not want is refused at once, instead of trying for ever', async () => {
  await withServer(async (url) => {
    const bus = await connectBus({ url, name: 'refused' });
    await expect(bus.consume({ stream: LOGS, durable: 'd', filter: 'other.>', handle })).rejects.toThrow('filter');
    await bus.close();
  });
}, 60_000);

test('a stream whose retention was another in an older release is made anew, by whoever comes first', async () => {
  await withServer(async (url) => {
    const older = STREAMS.map((spec) => ({ ...spec, revision: 1, retention: 'limits' as const }));
    const before = await connectBus({ url, name: 'older', streams: older });
    await before.publish('log.1.a', {}, { id: '1' });
    expect((await before.streamState(LOGS)).messages).toBe(1);
    const after = await Promise.all([1, 2, 3].map((n) => connectBus({ url, name: `newer-${n}` })));
    await before.publish('log.1.a', {}, { id: '2' });
    expect((await before.streamState(LOGS)).messages).toBe(0); // by interest: nobody has any
    await Promise.all([before, ...after].map((bus) => bus.close()));
  });
}, 60_000);

test('a durable that nobody uses is forgotten, with what is kept for it', async () => {
  await withServer(async (url) => {
    const bus = await connectBus({ url, name: 'forgotten' });
    const gone = await bus.consume({ stream: LOGS, durable: 'gone', forgottenAfterMs: 500, handle });
    await gone.stop();
    await bus.publish('log.1.a', {}, { id: '1' });
    await eventually(async () => (await bus.streamState(LOGS)).durables.length === 0, { deadlineMs: 60_000 });
    expect((await bus.streamState(LOGS)).messages).toBe(0);
    await bus.close();
  });
}, 90_000);

test('a question that came while its process stood still is left unanswered, and the next one is answered', async () => {
  const nats = await startTestNats();
  const [asking, answering] = await Promise.all(
    ['asking', 'answering'].map((name) => connectBus({ url: nats.url, name })),
  );
  const answered: unknown[] = [];
  await answering!.serve('x', 'q', (data) => Promise.resolve(answered.push(data)));
  const stale = asking!.request('x', 'stale', { timeoutMs: 1000 });
  const outcome = expect(stale).rejects.toMatchObject({ kind: 'transient' });
  await Promise.resolve(); // sent; the answer has to wait for this thread
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3500);
  await outcome;
  await eventually(() => asking!.isConnected() && answering!.isConnected());
  await eventually(() => asking!.request('x', 'fresh', { timeoutMs: 1000 }));
  expect(answered).not.toContain('stale');
  await Promise.all([asking!.close(), answering!.close()]);
  await nats.close();
}, 60_000);

test('how much waits for a durable is told as soon as it is there, before anything is delivered', async () => {
  await withServer(async (url) => {
    const told: [durable: string, count: number][] = [];
    const pending = (durable: string, count: number): void => void told.push([durable, count]);
    const bus = await connectBus({ url, name: 'told', metrics: { pending } });
    await bus.consume({ stream: LOGS, durable: 'd', handle });
    expect(told).toEqual([['d', 0]]);
    await bus.close();
  });
}, 60_000);
