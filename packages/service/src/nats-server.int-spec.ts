import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectBus } from '@slipway/bus';
import { build } from 'esbuild';
import { startNatsServer } from './nats-server.js';

describe('the embedded nats-server', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'slipway-nats-'));
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  test('lets in who has its password, which stands in a file for us alone and in no argument', async () => {
    const server = await startNatsServer({ storeDir: dir });
    const commandLine = readFileSync(`/proc/${server.pid}/cmdline`, 'utf8');
    expect(commandLine).not.toContain(server.password);
    expect((await stat(join(dir, 'nats-server.conf'))).mode & 0o777).toBe(0o600);
    await expect(connectBus({ url: `nats://127.0.0.1:${server.port}`, name: 'x' })).rejects.toMatchObject({
      kind: 'unauthorized',
    });
    const bus = await connectBus({ url: server.url, name: 'x' });
    expect(bus.maxPayload).toBe(8 * 1024 * 1024);
    await bus.close();
    await Promise.all([server.stop(), server.stop()]);
    expect(isAlive(server.pid)).toBe(false);
  }, 30_000);

  test('keeps what is stored and its address over a restart', async () => {
    const first = await startNatsServer({ storeDir: dir });
    const bus = await connectBus({ url: first.url, name: 'x' });
    await bus.publish('change.1.a', { n: 1 }, { id: '1' });
    await first.kill();
    const second = await startNatsServer({ storeDir: dir, port: first.port, password: first.password });
    const seen: unknown[] = [];
    await bus.follow({
      stream: 'CHANGES',
      startAt: { sequence: 1 },
      handle: (message) => void seen.push(message.json()),
      onBroken: () => {},
    });
    while (seen.length === 0) await sleep(10);
    expect(seen).toEqual([{ n: 1 }]);
    await bus.close();
    await second.stop();
  }, 30_000);

  test('tells when it ends by itself, and says what to do when it cannot start', async () => {
    const why = new Promise<string>((onExit) => {
      void startNatsServer({ storeDir: dir, onExit }).then((server) => process.kill(server.pid, 'SIGKILL'));
    });
    expect(await why).toBe('signal SIGKILL');
    await expect(startNatsServer({ storeDir: dir, program: 'no-such-nats-server' })).rejects.toMatchObject({
      hint: expect.stringContaining('apt-get install nats-server') as string,
    });
  }, 30_000);

  test('ends when its parent is killed', async () => {
    const program = join(dir, 'parent.mjs');
    await build({
      stdin: {
        contents: `import { startNatsServer } from './nats-server.ts';
          const server = await startNatsServer({ storeDir: ${JSON.stringify(join(dir, 'data'))} });
          console.log(server.pid);
          setInterval(() => {}, 1000);`,
        resolveDir: import.meta.dirname,
      },
      bundle: true,
      platform: 'node',
      format: 'esm',
      outfile: program,
      logLevel: 'error',
    });
    const parent = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'inherit'] });
    const pid = await new Promise<number>((resolve) => {
      parent.stdout.once('data', (bytes: Buffer) => resolve(Number(bytes.toString())));
    });
    expect(isAlive(pid)).toBe(true);
    parent.kill('SIGKILL');
    const endMs = Date.now() + 10_000;
    while (isAlive(pid) && Date.now() < endMs) await sleep(10);
    expect(isAlive(pid)).toBe(false);
  }, 30_000);
});

/** A zombie that nobody waits for is dead too. */
function isAlive(pid: number): boolean {
  const status = `/proc/${pid}/status`;
  return existsSync(status) && !/^State:\s+Z/m.test(readFileSync(status, 'utf8'));
}
