// A process that is killed at any line of a pull leaves no image, and the next one starts with a clean folder.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildTestProgram, seeded, startDockerRegistry, type DockerRegistry, type TestProgram } from '@slipway/testing';
import { ImageStore } from '../../src/io/image-store/image-store.js';
import { file, tarOf } from './tar-of.js';

const ROUNDS = 6;
const FILES = 150;
let registry: DockerRegistry;
let place: string;
let program: TestProgram;

beforeAll(async () => {
  registry = await startDockerRegistry();
  place = mkdtempSync(join(tmpdir(), 'slipway-killed-pull-'));
  program = await buildTestProgram(join(import.meta.dirname, 'pull-once.ts'));
});
afterAll(async () => {
  await registry.close();
  rmSync(place, { recursive: true, force: true });
  program.remove();
});

/** Runs until it ends, or is killed so long after its pull began; how long that took. */
async function pull(folder: string, image: string, killAfterMs?: number): Promise<{ code: number | null; ms: number }> {
  const child = spawn(process.execPath, [program.path, folder, image], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  await once(child.stdout, 'data');
  const startedMs = performance.now();
  const timer = killAfterMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfterMs);
  const code = await ended;
  clearTimeout(timer);
  return { code, ms: performance.now() - startedMs };
}

test(`killed at ${ROUNDS} moments, a folder with a digest for a name is always whole`, async () => {
  const seed = Number(process.env['KILL_SEED'] ?? Date.now() % 1e6);
  process.stdout.write(`KILL_SEED=${seed}\n`);
  const random = seeded(seed);
  const layers = await Promise.all(
    ['a', 'b', 'c'].map((name) =>
      tarOf(Array.from({ length: FILES }, (_, i) => file(`${name}/${i}`, `${i}`.repeat(1000)))),
    ),
  );
  const digest = await registry.push('team/killed', '1', { layers });
  const image = `${registry.host}/team/killed:1`;
  const whole = await pull(join(place, 'whole'), image);
  expect(whole.code).toBe(0);
  for (let round = 0; round < ROUNDS; round++) {
    const folder = join(place, `round-${round}`);
    await pull(folder, image, random() * whole.ms);
    const rootfs = join(folder, digest.slice(7), 'rootfs');
    if (existsSync(rootfs)) {
      for (const name of ['a', 'b', 'c']) expect(readdirSync(join(rootfs, name))).toHaveLength(FILES);
    }
    await ImageStore.open(folder);
    expect([...readdirSync(join(folder, '.pulling')), ...readdirSync(join(folder, '.trash'))]).toEqual([]);
  }
}, 180_000);
