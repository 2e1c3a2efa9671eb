import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';

/** Runs a program that uses `runService`; sends the signals when it says "up". */
async function run(
  start: string,
  ...signals: NodeJS.Signals[]
): Promise<{ code: number | null; out: string; err: string }> {
  const dir = await mkdtemp(join(tmpdir(), 'slipway-run-'));
  const program = join(dir, 'main.mjs');
  await build({
    stdin: {
      contents: `import { runService } from './run-service.ts'; import { SlipwayError } from '@slipway/contracts';
        await runService(async () => { ${start} });`,
      resolveDir: import.meta.dirname,
    },
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile: program,
    logLevel: 'error',
  });
  const child = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  child.stdout.on('data', (bytes: Buffer) => {
    out += bytes.toString();
    if (out.includes('up\n')) for (const signal of signals.splice(0)) child.kill(signal);
  });
  child.stderr.on('data', (bytes: Buffer) => {
    err += bytes.toString();
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  await rm(dir, { recursive: true });
  return { code, out, err };
}

const RUNNING = `const alive = setInterval(() => {}, 1000); console.log('up');
  return { name: 'x', isReady: () => true, stop: async () => { console.log('stopped'); clearInterval(alive); } };`;

describe('runService', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)('stops the service on %s and exits 0', async (signal) => {
    expect(await run(RUNNING, signal)).toEqual({ code: 0, out: 'up\nstopped\n', err: '' });
  });

  test('says in one line why a service cannot start, and exits 1', async () => {
    const { code, err } = await run(
      `throw new SlipwayError('invalid', 'BadConfig', 'PORT is bad.', { hint: 'Set it.' });`,
    );
    expect(code).toBe(1);
    expect(err).toBe('PORT is bad. Set it.\n');
  });

  test('shows the stack of a bug', async () => {
    const { code, err } = await run(`throw new TypeError('bug');`);
    expect(code).toBe(1);
    expect(err).toMatch(/TypeError: bug\n\s+at /);
  });

  test('ends the process on a rejection that nobody handles', async () => {
    const { code, err } = await run(`setTimeout(() => void Promise.reject(new Error('lost')), 10); ${RUNNING}`);
    expect(code).toBe(70);
    expect(err).toContain('Error: lost');
  });
});
