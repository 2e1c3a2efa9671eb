// The mirror cache is killed at any line: the step that asks then clones by itself, and the next service has nothing broken.

import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { buildTestProgram, seeded, type TestProgram } from '@slipway/testing';
import { buildGitInit, type GitInitProgram } from './git-init-program.js';
import { startGitServer, type GitServer } from './git-server.js';

const ROUNDS = 5;
const FILES = 20;
let server: GitServer;
let program: GitInitProgram;
let service: TestProgram;

beforeAll(async () => {
  const source = join(import.meta.dirname, 'git-mirror-service.ts');
  [server, program, service] = await Promise.all([startGitServer(), buildGitInit(), buildTestProgram(source)]);
});
afterAll(async () => {
  await server.close();
  program.remove();
  service.remove();
});

interface Keeper {
  kill(): Promise<void>;
}

async function keeper(folder: string): Promise<Keeper> {
  const child = spawn(process.execPath, [service.path, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  await Promise.race([once(child.stdout, 'data'), ended]);
  expect(child.exitCode).toBeNull();
  return {
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** One clone through the door: that it has the commit, whether it came from the cache, how long it took. */
async function clone(folder: string, commit: string): Promise<{ isCached: boolean; ms: number }> {
  const startedMs = performance.now();
  const { code, facts, output, path } = await program.run(['-url', `${server.url}/repository.git`], {
    door: join(folder, 'door'),
  });
  const ms = performance.now() - startedMs;
  expect([code, facts['commit']]).toEqual([0, commit]);
  expect(server.git(['fsck'], path)).toBe('');
  return { isCached: output.includes('comes from the mirror cache'), ms };
}

test(`killed at ${ROUNDS} moments of a clone, the mirror cache spoils no clone, and is whole for the next`, async () => {
  const seed = Number(process.env['KILL_SEED'] ?? Date.now() % 1e6);
  process.stdout.write(`KILL_SEED=${seed}\n`);
  const random = seeded(seed);
  const folder = mkdtempSync(join(program.folder, 'mirror-'));
  const change = (): string =>
    server.commit(
      'repository',
      Object.fromEntries(Array.from({ length: FILES }, (_, i) => [`f${i}`, randomBytes(50_000).toString('latin1')])),
    );
  let running = await keeper(folder);
  let { ms: wholeMs } = await clone(folder, change());
  for (let round = 0; round < ROUNDS; round++) {
    const commit = change();
    const cloning = clone(folder, commit);
    await new Promise((resolve) => setTimeout(resolve, random() * wholeMs));
    await running.kill();
    await cloning;
    running = await keeper(folder);
    expect([...readdirSync(join(folder, 'scratch')), ...readdirSync(join(folder, 'trash'))]).toEqual([]);
    await clone(folder, commit);
    const again = await clone(folder, commit);
    expect(again.isCached).toBe(true);
    wholeMs = again.ms;
  }
  await running.kill();
}, 180_000);
