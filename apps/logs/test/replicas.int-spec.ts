// Two processes of the service on a real nats-server, which are killed, stopped and robbed of their disks while lines flow
// and are read. At the end each of them has every line, once, on its own disk.

import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { LOGS, STREAMS, connectBus, type Bus, type StreamSpec } from '@slipway/bus';
import { logsPeerRpc, type ReadLogReply } from '@slipway/contracts';
import { eventually, seeded, startTestNats, tempDir, type TestNats } from '@slipway/testing';
import { LogsProcess, Shipper, madeLines, readAll } from './shipping.js';

const ROOT = resolve(import.meta.dirname, '../../..');
const SEED = Number(process.env['LOGS_SEED'] ?? Math.floor(Math.random() * 1e9));
const NAMES = ['logs-0', 'logs-1'];
const LINES = 1500;
/** Room for about 250 chunks of three lines: what one stopped replica misses does not fit. */
const SMALL = 128 * 1024;

const eventuallySoon = <T>(what: string, condition: () => Promise<T>): Promise<T> =>
  eventually(condition, { deadlineMs: 90_000, what });

describe('two replicas of the logs service', () => {
  let program: string;
  let dir: { path: string; remove: () => Promise<void> };
  let nats: TestNats;
  let bus: Bus;
  let replicas: LogsProcess[];
  const dataOf = (name: string): string => join(dir.path, name);

  beforeAll(async () => {
    const cache = join(ROOT, 'node_modules/.cache');
    await mkdir(cache, { recursive: true });
    program = await mkdtemp(join(cache, 'logs-replica-')); // where its packages are found
    await build({
      entryPoints: [join(import.meta.dirname, 'replica-process.ts')],
      outfile: join(program, 'main.mjs'),
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      logLevel: 'warning',
      tsconfig: join(ROOT, 'tsconfig.json'),
      plugins: [
        {
          name: 'npm-stays-imported',
          setup: (builder) =>
            builder.onResolve({ filter: /^[^./]/ }, ({ path, kind }) =>
              kind === 'entry-point' || path.startsWith('@slipway/') ? undefined : { path, external: true },
            ),
        },
      ],
    });
  }, 60_000);
  afterAll(() => rm(program, { recursive: true, force: true }));

  const start = async (maxBytes?: number): Promise<void> => {
    const streams: StreamSpec[] = STREAMS.map((spec) => ({
      ...spec,
      ...(spec.name === LOGS && maxBytes !== undefined ? { maxBytes } : {}),
    }));
    dir = await tempDir();
    nats = await startTestNats();
    replicas = NAMES.map((instance) => {
      const config = { natsUrl: nats.url, dataDir: dataOf(instance), instance, host: '127.0.0.1', port: 0, logLevel: 'warn', logFormat: 'text' }; // prettier-ignore
      const pace = { lookMs: 200, forgottenAfterMs: maxBytes === undefined ? 1000 : 3_600_000 };
      return new LogsProcess([join(program, 'main.mjs'), JSON.stringify({ config, streams, pace })]);
    });
    for (const replica of replicas) replica.start();
    bus = await connectBus({ url: nats.url, name: 'test', streams });
    await takePart(...NAMES);
  };
  const durables = async (): Promise<string[]> => (await bus.streamState(LOGS)).durables.map(({ name }) => name).sort();
  const takePart = (...names: string[]): Promise<unknown> =>
    eventuallySoon(`${names.join()} on the stream`, async () => (await durables()).join() === names.join());
  afterEach(async () => {
    for (const replica of replicas) {
      replica.signal('SIGCONT');
      await replica.end('SIGKILL');
    }
    await bus.close();
    await nats.close();
    await dir.remove();
  }, 60_000);

  /** One's own lines of a container, without asking the other. */
  const storedBy = async (name: string, key: object): Promise<string[]> => {
    const texts: string[] = [];
    for (let from = 0; ;) {
      const { read } = logsPeerRpc(name);
      const reply = await bus.request<ReadLogReply>(read, { ...key, from, waitMs: 0 });
      texts.push(...reply.lines.map(({ text }) => text));
      if (reply.end) return texts;
      if (reply.lines.length === 0) return [];
      from = reply.next;
    }
  };

  /** Ships and follows while it strikes; then looks at what the readers saw and at what each replica has. */
  const survives = async (strike: () => Promise<unknown>): Promise<void> => {
    const pods = [0, 1].map((pod) => ({
      key: { namespace: 'ns', podUid: `pod-${pod}`, container: 'c' },
      lines: madeLines(pod, LINES),
    }));
    const reading = pods.map(({ key }) => readAll(bus, key));
    const striking = strike();
    const shipping = pods.map(({ key, lines }) => new Shipper(bus, key, lines).ship(3, striking));
    await Promise.all([striking, ...shipping]);
    const read = await Promise.all(reading);
    for (const [pod, { key, lines }] of pods.entries()) {
      const wanted = lines.map(({ text }) => text);
      expect(read[pod]).toEqual(wanted);
      for (const name of NAMES) {
        const texts = await eventuallySoon(`${name} is whole`, async () => {
          const stored = await storedBy(name, key);
          return stored.length >= wanted.length ? stored : undefined;
        });
        expect(texts).toEqual(wanted);
      }
    }
    await eventuallySoon('an empty stream', async () => (await bus.streamState(LOGS)).messages === 0);
  };

  const isStored = (name: string): Promise<unknown> =>
    eventuallySoon('lines are stored', async () => {
      const reply = await bus
        .request<ReadLogReply>(logsPeerRpc(name).read, {
          namespace: 'ns',
          podUid: 'pod-0',
          container: 'c',
          from: 30,
          waitMs: 0,
        }) // prettier-ignore
        .catch(() => undefined);
      return (reply?.lines.length ?? 0) > 0;
    });

  const kill = async (n: number): Promise<void> => {
    await isStored(NAMES[1 - n]!);
    await replicas[n]!.end('SIGKILL');
    replicas[n]!.start();
    await takePart(...NAMES);
  };
  const pause = async (n: number): Promise<void> => {
    await isStored(NAMES[1 - n]!);
    replicas[n]!.signal('SIGSTOP');
    await takePart(NAMES[1 - n]!); // the server has forgotten it
    replicas[n]!.signal('SIGCONT');
    await takePart(...NAMES);
  };
  const wipe = async (n: number): Promise<void> => {
    await isStored(NAMES[1 - n]!);
    await replicas[n]!.end('SIGKILL');
    await rm(dataOf(NAMES[n]!), { recursive: true });
    replicas[n]!.start();
    await takePart(...NAMES);
    await isStored(NAMES[n]!); // filled: only then the other one may lose its own
  };
  const wipeNats = async (): Promise<void> => {
    await isStored(NAMES[0]!);
    await nats.kill();
    await nats.wipe();
    await nats.start();
    await eventuallySoon('nats-server', async () => (await bus.streamState(LOGS)).maxBytes > 0);
    await takePart(...NAMES);
  };

  const disasters: [what: string, strike: () => Promise<unknown>][] = [
    ['one is killed', () => kill(0)],
    ['one is stopped until nothing is kept for it, and goes on', () => pause(1)],
    ['one loses its disk', () => wipe(0)],
    ['nats-server loses its data', wipeNats],
    [
      'one loses its disk and nats-server its data',
      async () => {
        await isStored(NAMES[0]!);
        await replicas[1]!.end('SIGKILL');
        await rm(dataOf(NAMES[1]!), { recursive: true });
        await nats.kill();
        await nats.wipe();
        await nats.start();
        replicas[1]!.start();
        await takePart(...NAMES);
      },
    ],
  ];
  test.each(disasters)(
    'have every line once, and so have readers, when %s',
    async (_what, strike) => {
      await start();
      await survives(strike);
    },
    240_000,
  );

  test('have every line once after disasters in any order', async () => {
    process.stdout.write(`LOGS_SEED=${SEED}\n`);
    const random = seeded(SEED);
    await start();
    await survives(async () => {
      for (let round = 0; round < 5; round++) {
        const n = Math.floor(random() * 2);
        const strike = [kill, pause, wipe, wipeNats][Math.floor(random() * 4)]!;
        await strike(n);
      }
    });
  }, 400_000);

  test('do not wait for one that is stopped while the stream fills: publishers go on, and it catches up', async () => {
    await start(SMALL);
    await survives(async () => {
      await isStored(NAMES[0]!);
      replicas[1]!.signal('SIGSTOP');
      await takePart(NAMES[0]!); // let go by the other
      replicas[1]!.signal('SIGCONT');
    });
  }, 240_000);
});
