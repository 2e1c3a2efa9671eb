// One-step runs: through a running platform, and from nothing.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import type { ApiClient } from '../apps/cli/src/api/client.js';
import { ms, percentile, seconds, type Row } from './measure.js';
import { pipelineRun, root, RUNS, STEP_RUNS, stepRun, watchRuns } from './platform.js';

const RUNS_COUNT = 100;
const STARTS = 7;

export async function oneStepRun(client: ApiClient): Promise<Row> {
  const runs = watchRuns(client);
  const samples: number[] = [];
  const already = (await client.call<{ items: unknown[] }>(RUNS)).items.length;
  for (let i = 0; i < RUNS_COUNT; i++) {
    const started = performance.now();
    await client.call(RUNS, { method: 'POST', body: pipelineRun(`one-${i}`, {}) });
    await runs.wait(already + i + 1);
    samples.push(performance.now() - started);
  }
  await runs.stop();
  const p50 = percentile(samples, 50);
  return {
    what: 'one-step run through a running platform, submit → Succeeded seen',
    bar: 'p50 ≤ 60 ms',
    measured: `p50 ${ms(p50)}, p99 ${ms(percentile(samples, 99))} (${RUNS_COUNT})`,
    reached: p50 <= 60,
    how: 'POST of a PipelineRun with one task of one step, to the watch event that shows it Succeeded, one after another',
  };
}

/** By turns, so that both see the same machine. */
export async function oneStepBuild(client: ApiClient): Promise<Row> {
  const watched = STEP_RUNS.map(({ path }) => watchRuns(client, path));
  const samples: number[][] = [[], []];
  for (let i = 0; i < RUNS_COUNT; i++) {
    for (const [k, { kind, path }] of STEP_RUNS.entries()) {
      const name = `one-${kind.toLowerCase()}-${i}`;
      const started = performance.now();
      await client.call(path, { method: 'POST', body: stepRun(kind, name, [['echo', 'here']]) });
      await watched[k]!.seen(name);
      samples[k]!.push(performance.now() - started);
    }
  }
  await Promise.all(watched.map((runs) => runs.stop()));
  const [taskRun, build] = samples.map((of) => percentile(of, 50)) as [number, number];
  return {
    what: 'one-step Build through a running platform, submit → Succeeded seen',
    bar: 'p50 of a TaskRun + 5 ms',
    measured: `p50 ${ms(build)}, p99 ${ms(percentile(samples[1]!, 99))}; a TaskRun: p50 ${ms(taskRun)} (${RUNS_COUNT} each)`,
    reached: build <= taskRun + 5,
    how: 'POST of a Build and of a TaskRun with the same step by turns, each to the watch event that shows it Succeeded; a Build is compiled and mirrored beside what its TaskRun costs',
  };
}

export function startToExit(): Row {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-bench-'));
  const file = join(folder, 'one.yaml');
  writeFileSync(file, JSON.stringify(pipelineRun('one', {})));
  const samples: number[] = [];
  for (let i = 0; i <= STARTS; i++) {
    const started = performance.now();
    const { status, stderr } = spawnSync(resolve(root, 'slipway'), ['run', file], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`slipway run ended with ${status}: ${stderr}`);
    if (i > 0) samples.push(performance.now() - started);
  }
  rmSync(folder, { recursive: true });
  const worst = Math.max(...samples);
  return {
    what: '`./slipway run` of a one-step pipeline, everything built',
    bar: '≤ 2.5 s wall',
    measured: `p50 ${seconds(percentile(samples, 50))}, slowest ${seconds(worst)} (${STARTS})`,
    reached: worst <= 2500,
    how: 'the whole process from start to exit, after one start that is not counted',
  };
}
