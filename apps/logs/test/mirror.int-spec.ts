// Replicas in one process, on a bus in memory: what each does with what it has and the others have.

import { LOGS, type Bus } from '@slipway/bus';
import { logSubject, type LogChunk, type LogPositionReply, type ReadLogReply } from '@slipway/contracts';
import { createLogger } from '@slipway/service';
import { MemoryBroker, eventually, memoryBus, tempDir } from '@slipway/testing';
import { LogReader } from '../src/io/log-reader.js';
import { LogConsumer } from '../src/io/log.consumer.js';
import { LogStore } from '../src/io/log-store.js';
import { Mirror } from '../src/io/mirror.js';
import { PeerServer } from '../src/io/peer-server.js';
import { Peers, requireNoTwin } from '../src/io/peers.js';

const logger = createLogger('test', 'silent');
const MAX_BYTES = 2000; // several pages

/** One replica, wired as the module does it. */
class Replica {
  readonly bus: Bus;
  readonly reader: LogReader;
  readonly mirror: Mirror;
  readonly peers: Peers;
  private readonly consumer: LogConsumer;
  private readonly server: PeerServer;

  constructor(
    broker: MemoryBroker,
    readonly name: string,
    readonly store: LogStore,
  ) {
    const bus = (this.bus = memoryBus(broker));
    const peers = (this.peers = new Peers({ bus, instance: name, logger, now: Date.now }));
    const mirror = (this.mirror = new Mirror({ bus, store, peers, instance: name, logger, lookMs: 20 }));
    const reader = (this.reader = new LogReader({ store, peers, mirror, maxBytes: MAX_BYTES }));
    this.server = new PeerServer({ bus, store, reader, instance: name, maxBytes: MAX_BYTES });
    this.consumer = new LogConsumer({ bus, store, mirror, instance: name, now: Date.now });
  }

  async start(): Promise<void> {
    await this.server.start();
    await this.consumer.onApplicationBootstrap();
    await eventually(() => this.mirror.isFilled, { deadlineMs: 60_000 });
  }

  async stop(): Promise<void> {
    await this.server.stop();
    await this.consumer.beforeApplicationShutdown();
    await this.bus.close();
    await this.store.close();
  }
}

const at = (podUid: string): { namespace: string; podUid: string; container: string } => ({
  namespace: 'ns',
  podUid,
  container: 'c',
});
const chunk = (podUid: string, first: number, count: number, isEnd = false): LogChunk => ({
  ...at(podUid),
  pod: 'p',
  first,
  lines: Array.from({ length: count }, (_, i) => ({
    time: '2026-01-01T00:00:00.000000000Z',
    stream: 'stdout',
    text: `${podUid} ${first + i} ${'x'.repeat(40)}`,
  })),
  ...(isEnd ? { end: true } : {}),
});
const numbers = (reply: ReadLogReply): number[] => reply.lines.map(({ text }) => Number(text.split(' ')[1]));
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

describe('replicas of the logs service', () => {
  let broker: MemoryBroker;
  let bus: Bus;
  const dirs: { path: string; remove: () => Promise<void> }[] = [];
  const replicas: Replica[] = [];

  const make = async (name: string): Promise<Replica> => {
    const dir = await tempDir();
    dirs.push(dir);
    const replica = new Replica(broker, name, await LogStore.open(dir.path));
    replicas.push(replica);
    return replica;
  };
  const started = async (name: string): Promise<Replica> => {
    const replica = await make(name);
    await replica.start();
    return replica;
  };
  const knowEachOther = (...all: Replica[]): Promise<unknown> =>
    eventually(() => all.every((replica) => replica.peers.names.length === all.length - 1));
  const publish = (sent: LogChunk): Promise<void> =>
    bus.publish(logSubject(1, 'ns', sent.podUid, 'c'), sent, { id: `${sent.podUid}-${sent.first}-${Math.random()}` });
  const whole = async ({ store }: Replica, podUid: string): Promise<number[]> =>
    store.read(at(podUid), async (log) =>
      log?.isEnded ? numbers({ ...(await log.read(0, { maxLines: 9999, maxBytes: 1e9 })), end: true }) : [],
    );

  beforeEach(() => {
    broker = new MemoryBroker();
    bus = memoryBus(broker);
  });
  afterEach(async () => {
    await Promise.all(replicas.splice(0).map((replica) => replica.stop()));
    await bus.close();
    await Promise.all(dirs.splice(0).map((dir) => dir.remove()));
  });

  test('each store every line', async () => {
    const both = [await started('logs-0'), await started('logs-1')];
    await publish(chunk('u', 0, 5));
    await publish(chunk('u', 5, 5, true));
    for (const replica of both) await eventually(async () => (await whole(replica, 'u')).length === 10);
    expect((await bus.streamState(LOGS)).messages).toBe(0);
  });

  test('a new one fills itself from another before it calls itself filled, pods by pages and logs by pages', async () => {
    const old = await started('logs-0');
    const pods = range(0, 400).map((n) => `pod-${'x'.repeat(200)}-${n}`); // more than a page of the list
    for (const pod of pods) await old.store.append(chunk(pod, 0, 1, true));
    await old.store.append(chunk('long', 0, 300, true)); // more than a page of a copy
    await old.store.append(chunk('growing', 0, 3));
    await old.store.append(chunk('removed', 0, 3, true));
    const fresh = await make('logs-1');
    await fresh.store.remove({ namespace: 'ns', podUid: 'removed' });
    await fresh.start();
    for (const pod of pods) expect(await whole(fresh, pod)).toEqual([0]);
    expect(await whole(fresh, 'long')).toEqual(range(0, 300));
    expect(await fresh.store.position(at('growing'))).toEqual({ next: 3, ended: false });
    expect((await fresh.store.pods(Infinity)).get('ns')).not.toContain('removed');
  });

  test('one whose durable was forgotten meanwhile compares itself with the others again', async () => {
    const [one, other] = [await started('logs-0'), await started('logs-1')];
    await knowEachOther(one, other);
    await one.store.append(chunk('missed', 0, 3, true));
    await bus.removeDurable(LOGS, 'logs-1');
    await publish(chunk('u', 0, 1, true)); // whoever reads the stream makes its durable again
    await eventually(async () => (await whole(other, 'missed')).length === 3);
  });

  test('one that misses lines before a chunk copies them from another', async () => {
    const [one, other] = [await started('logs-0'), await started('logs-1')];
    await knowEachOther(one, other);
    await one.store.append(chunk('u', 0, 200));
    await publish(chunk('u', 200, 1, true));
    for (const replica of [one, other]) await eventually(async () => (await whole(replica, 'u')).length === 201);
  });

  test('a log has ended only when every replica that answers has all of it (R1)', async () => {
    const [one, other] = [await started('logs-0'), await started('logs-1')];
    await knowEachOther(one, other);
    await one.store.append(chunk('u', 0, 200, true));
    expect(await one.reader.position(at('u'))).toEqual({ next: 200, ended: true });
    expect(await whole(other, 'u')).toEqual(range(0, 200)); // copied before it said so
    // One that cannot copy says what it has.
    await other.store.append(chunk('v', 0, 200, true));
    other.store.copy = () => Promise.reject(new Error('bad disk'));
    expect(await other.reader.position(at('v'))).toEqual({ next: 0, ended: false });
  });

  test('a replica that does not answer holds nobody up for long (P2)', async () => {
    const [one, other] = [await started('logs-0'), await started('logs-1')];
    await knowEachOther(one, other);
    let asked = 0;
    let goOn!: (position: LogPositionReply) => void;
    const stopped = new Promise<LogPositionReply>((resolve) => (goOn = resolve));
    other.store.position = () => {
      asked++;
      return stopped;
    };
    await one.store.append(chunk('u', 0, 2, true));
    expect(await one.reader.position(at('u'))).toEqual({ next: 2, ended: true });
    expect(await one.reader.position(at('u'))).toEqual({ next: 2, ended: true });
    expect(asked).toBe(1);
    goOn({ next: 2, ended: true });
  });

  test('a reader gets from any replica what one of them has, with one cursor (R2)', async () => {
    const [one, other] = [await started('logs-0'), await started('logs-1')];
    await knowEachOther(one, other);
    await one.store.append(chunk('u', 0, 60, true));
    await other.store.append(chunk('u', 0, 25));
    for (const readers of [[one], [other], [one, other], [other, one]]) {
      const read: number[] = [];
      for (let from = 0, turn = 0, end = false; !end; turn++) {
        const { reader } = readers[turn % readers.length]!;
        const reply = await reader.read({ ...at('u'), from, waitMs: 0, maxLines: 7 });
        read.push(...numbers(reply));
        from = reply.next;
        end = reply.end;
      }
      expect(read).toEqual(range(0, 60));
    }
    const tail = await other.reader.read({ ...at('u'), from: -3, waitMs: 0 });
    expect([numbers(tail), tail.end]).toEqual([[57, 58, 59], true]);
  });

  test('a follower waits at any replica for lines that come over the stream', async () => {
    const [one, other] = [await started('logs-0'), await started('logs-1')];
    await knowEachOther(one, other);
    const reading = [one, other].map(({ reader }) => reader.read({ ...at('u'), from: 0, waitMs: 20_000 }));
    await publish(chunk('u', 0, 2));
    for (const reply of await Promise.all(reading)) expect(numbers(reply)).toEqual([0, 1]);
  });

  test('the stream keeps nothing for one that is far behind, once half of it is full', async () => {
    const one = await started('logs-0');
    const stopped = await started('logs-1');
    const removed: string[] = [];
    const full = { messages: 9, sizeBytes: 6, maxBytes: 10, durables: [{ name: 'logs-0', waiting: 0 }, { name: 'logs-1', waiting: 9 }] }; // prettier-ignore
    one.bus.streamState = () => Promise.resolve(full);
    one.bus.removeDurable = (_stream, durable) => Promise.resolve(void removed.push(durable));
    await eventually(() => removed.includes('logs-1'));
    expect(stopped.name).toBe('logs-1');
  });

  test('a second process under the name of one that runs is refused', async () => {
    await started('logs-0');
    await expect(requireNoTwin(bus, 'logs-0')).rejects.toMatchObject({ kind: 'invalid', reason: 'InstanceTaken' });
    await expect(requireNoTwin(bus, 'logs-1')).resolves.toBeUndefined();
  });
});
