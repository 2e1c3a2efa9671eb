import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { connectBus, type Bus } from '@slipway/bus';
import {
  LOGS_RPC,
  SlipwayError,
  logChunkId,
  logSubject,
  type LogChunk,
  type LogLine,
  type LogPositionReply,
  type ReadLogReply,
} from '@slipway/contracts';
import { eventually, startTestNats, tempDir, type TestNats } from '@slipway/testing';

const APP = resolve(import.meta.dirname, '..');

/** The service as a process of its own, so that it can be killed. */
class LogsProcess {
  #child: ChildProcess | undefined;
  #errors = '';

  constructor(private readonly env: Record<string, string>) {}

  start(): void {
    this.#child = spawn(process.execPath, [join(APP, 'dist/main.js')], {
      env: { PATH: process.env['PATH'], ...this.env },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#child.stderr!.on('data', (bytes: Buffer) => {
      this.#errors += bytes.toString();
    });
  }

  async end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child;
    if (child === undefined) return null;
    this.#child = undefined;
    const ended = new Promise<number | null>((settle) => child.once('exit', settle));
    child.kill(signal);
    return ended;
  }

  get errors(): string {
    return this.#errors;
  }
}

/** Ships as the contract of `logs.position` says: asks where to go on at the start, after reconnects and at the end. */
class Shipper {
  #attempt = 0;
  #sent = 0;

  constructor(
    private readonly bus: Bus,
    private readonly key: { namespace: string; podUid: string; container: string },
    private readonly lines: LogLine[],
  ) {}

  async ship(chunkLines: number): Promise<void> {
    let isLost = true;
    const forget = this.bus.onReconnect(() => {
      isLost = true;
    });
    for (;;) {
      if (isLost) {
        isLost = false;
        await this.#goBack();
      }
      if (this.#sent < this.lines.length) {
        await this.#send(this.#sent, chunkLines);
        await sleep(1); // so that it lasts longer than the disasters
        continue;
      }
      await this.#send(this.lines.length, 0);
      const { next, ended } = await this.#position();
      if (ended) break;
      if (next < this.#sent) isLost = true;
      await sleep(200);
    }
    forget();
  }

  async #goBack(): Promise<void> {
    this.#attempt++;
    this.#sent = (await this.#position()).next;
  }

  async #send(first: number, count: number): Promise<void> {
    const lines = this.lines.slice(first, first + count);
    const isEnd = first + lines.length === this.lines.length;
    const chunk: LogChunk = { ...this.key, pod: 'p', first, lines, ...(isEnd ? { end: true } : {}) };
    const { namespace, podUid, container } = this.key;
    await this.bus.publish(logSubject(1, namespace, podUid, container), chunk, {
      id: logChunkId(chunk, String(this.#attempt)),
    });
    this.#sent = first + lines.length;
  }

  #position(): Promise<LogPositionReply> {
    return retried(() => this.bus.request<LogPositionReply>(LOGS_RPC.position, this.key));
  }
}

/** Follows from the start to the end, whatever happens on the way. */
async function readAll(bus: Bus, key: object): Promise<string[]> {
  const texts: string[] = [];
  for (let from = 0; ;) {
    const request = { ...key, from, waitMs: 2000, maxLines: 100 };
    const reply = await retried(() => bus.request<ReadLogReply>(LOGS_RPC.read, request));
    texts.push(...reply.lines.map(({ text }) => text));
    from = reply.next;
    if (reply.end) return texts;
  }
}

async function retried<T>(act: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof SlipwayError) || error.kind !== 'transient') throw error;
      await sleep(20);
    }
  }
}

describe('the logs service', () => {
  let dir: { path: string; remove: () => Promise<void> };
  let nats: TestNats;
  let logs: LogsProcess;
  let bus: Bus;
  beforeAll(async () => {
    await promisify(execFile)(process.execPath, ['../../scripts/build.mjs'], { cwd: APP });
  }, 60_000);
  beforeEach(async () => {
    dir = await tempDir();
    nats = await startTestNats();
    logs = new LogsProcess({ NATS_URL: nats.url, LOGS_DATA: join(dir.path, 'logs'), PORT: '0', LOG_LEVEL: 'warn' });
    logs.start();
    bus = await connectBus({ url: nats.url, name: 'test' });
  }, 60_000);
  afterEach(async () => {
    await logs.end('SIGKILL');
    await bus.close();
    await nats.close();
    await dir.remove();
  }, 60_000);

  const LINES = 3000;
  const made = (pod: number): LogLine[] =>
    Array.from({ length: LINES }, (_, i) => ({
      time: new Date(Date.UTC(2026, 0, 1) + i).toISOString(),
      stream: 'stdout',
      text: `pod ${pod} line ${i} ${'x'.repeat(60)}`,
    }));

  const disasters: [what: string, strike: () => Promise<void>][] = [
    ['nothing happens', () => Promise.resolve()],
    ['the service is killed', async () => void (await logs.end('SIGKILL'), logs.start())],
    ['the service is stopped', async () => void (await logs.end('SIGTERM'), logs.start())],
    ['nats-server is killed', async () => void (await nats.kill(), await nats.start())],
    ['nats-server loses its data', async () => void (await nats.kill(), await nats.wipe(), await nats.start())],
    [
      'both are killed and the data is lost',
      async () => {
        await Promise.all([nats.kill(), logs.end('SIGKILL')]);
        await nats.wipe();
        logs.start();
        await sleep(200);
        await nats.start();
      },
    ],
  ];

  test.each(disasters)(
    'loses, repeats and reorders no line when %s, three times, while lines are sent and read',
    async (_what, strike) => {
      const keys = [0, 1, 2].map((pod) => ({ namespace: 'ns', podUid: `pod-${pod}`, container: 'c' }));
      const reading = keys.map((key) => readAll(bus, key));
      const shipping = keys.map((key, pod) => new Shipper(bus, key, made(pod)).ship(3));
      for (let n = 0; n < 3; n++) {
        await sleep(100);
        await strike();
      }
      await Promise.all(shipping);
      for (const [pod, texts] of (await Promise.all(reading)).entries()) {
        expect(texts).toEqual(made(pod).map(({ text }) => text));
      }
    },
    120_000,
  );

  test('waits for a server that is not up yet, and exits 0 when it is told to stop', async () => {
    await logs.end('SIGKILL');
    await nats.stop();
    logs.start();
    await sleep(300);
    await nats.start();
    const key = { namespace: 'ns', podUid: 'u', container: 'c' };
    await eventually(() => bus.request<LogPositionReply>(LOGS_RPC.position, key));
    expect(await logs.end('SIGTERM')).toBe(0);
  }, 60_000);

  test('keeps a message that is no chunk as a dead letter, and goes on', async () => {
    const key = { namespace: 'ns', podUid: 'u', container: 'c' };
    await retried(() => bus.request(LOGS_RPC.position, key)); // before, nobody is there for whom the stream keeps it
    await bus.publish('log.1.ns.u.c', { nonsense: true }, { id: 'bad' });
    await new Shipper(bus, key, made(0).slice(0, 5)).ship(2);
    expect(await readAll(bus, key)).toHaveLength(5);
    expect(logs.errors).toContain('dead letter');
  }, 60_000);
});
