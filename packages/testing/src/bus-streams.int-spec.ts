// Two releases at once on one nats-server: the newer one's streams stay.

import { connectBus, type Bus, type StreamSpec } from '@slipway/bus';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { jetstreamManager, type StreamConfig } from '@nats-io/jetstream';
import { startTestNats, type TestNats } from './nats.js';

const HOUR_MS = 3_600_000;
const first: StreamSpec = {
  name: 'THINGS',
  revision: 1,
  subjects: ['thing.>'],
  purpose: 'Things.',
  retention: 'limits',
  whenFull: 'drop-oldest',
  maxBytes: 1024 * 1024,
  maxAgeMs: HOUR_MS,
};
const second: StreamSpec = { ...first, revision: 2, maxAgeMs: 2 * HOUR_MS };

describe('streams of two releases', () => {
  let nats: TestNats;
  const buses: Bus[] = [];
  beforeEach(async () => {
    nats = await startTestNats();
  });
  afterEach(async () => {
    await Promise.all(buses.splice(0).map((bus) => bus.close()));
    await nats.close();
  });

  async function release(spec: StreamSpec): Promise<Bus> {
    const bus = await connectBus({ url: nats.url, name: `release-${spec.revision}`, streams: [spec] });
    buses.push(bus);
    return bus;
  }

  function operator(): Promise<NatsConnection> {
    const { host, username: user, password: pass } = new URL(nats.url);
    return connect({ servers: host, user, pass });
  }

  async function config(): Promise<StreamConfig> {
    const nc = await operator();
    try {
      return (await (await jetstreamManager(nc)).streams.info('THINGS')).config;
    } finally {
      await nc.close();
    }
  }
  const maxAgeMs = async (): Promise<number> => (await config()).max_age / 1_000_000;

  test('a newer release changes the stream, and keeps what is in it', async () => {
    const older = await release(first);
    await older.publish('thing.a', { a: 1 }, { id: '1' });
    const newer = await release(second);
    expect(await maxAgeMs()).toBe(2 * HOUR_MS);
    const seen: unknown[] = [];
    const read = new Promise<void>((resolve) => {
      void newer.consume({
        stream: 'THINGS',
        durable: 'reader',
        handle: (event) => {
          seen.push(event);
          resolve();
          return Promise.resolve();
        },
      });
    });
    await read;
    expect(seen).toEqual([{ a: 1 }]);
  });

  test('an older release that starts or comes back later does not turn it back', async () => {
    await release(second);
    const older = await release(first);
    expect(await maxAgeMs()).toBe(2 * HOUR_MS);
    const again = new Promise<void>((resolve) => older.onReconnect(resolve));
    await nats.kill();
    await nats.start();
    await again;
    expect(await maxAgeMs()).toBe(2 * HOUR_MS);
    await older.publish('thing.a', { a: 1 }, { id: '1' });
  });

  test('what was changed by hand is as the release says again, but not what the release does not name', async () => {
    await release(first);
    const nc = await operator();
    const jsm = await jetstreamManager(nc);
    await jsm.streams.update('THINGS', { max_age: HOUR_MS * 5_000_000, max_msgs: 1234 });
    await nc.close();
    await release(first);
    expect(await config()).toMatchObject({ max_age: HOUR_MS * 1_000_000, max_msgs: 1234 });
  });
});
