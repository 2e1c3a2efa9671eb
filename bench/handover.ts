// How long nothing of the user's runs between one step and the next, and between one task and the next.

import type { Build, TaskRun } from '@slipway/contracts';
import type { ApiClient } from '../apps/cli/src/api/client.js';
import { ms, percentile, type Row } from './measure.js';
import { CLOCK, clockOf, pipelineRun, RUNS, STEP_RUNS, stepRun, TASK_RUNS, watchRuns } from './platform.js';

const STEPS = 40;
const TASKS = 60;
const ROUNDS = 10;
/** All containers of a pod of so many steps run by then. */
const SETTLE = ['sleep', '3'];
const HOW =
  'time from what the one says of the clock (`date`) to what the next says of it: the end of one process and the start of the next are in it';

export async function handover(client: ApiClient): Promise<Row[]> {
  const runs = watchRuns(client);
  await client.call(RUNS, { method: 'POST', body: pipelineRun('warm-up', {}) });
  await client.call(RUNS, { method: 'POST', body: pipelineRun('steps', { steps: STEPS, script: CLOCK.join(' ') }) });
  await runs.wait(2);
  await client.call(RUNS, { method: 'POST', body: pipelineRun('tasks', { tasks: TASKS, script: CLOCK.join(' ') }) });
  await runs.wait(3);
  await runs.stop();
  await new Promise((resolve) => setTimeout(resolve, 500)); // the last log lines are stored a moment after the run

  const gaps = { steps: [] as number[], tasks: [] as number[] };
  for (const run of ['steps', 'tasks'] as const) {
    let before: number | undefined;
    for (let i = 0; i < (run === 'steps' ? STEPS : TASKS); i++) {
      const taskRun = await client.call<TaskRun>(`${TASK_RUNS}/${run}-t${run === 'steps' ? 0 : i}`);
      const at = await clockOf(client, taskRun.status!.podName!, run === 'steps' ? `step-s${i}` : 'step-s0');
      if (before !== undefined) gaps[run].push(at - before);
      before = at;
    }
  }
  const [step50, step99] = [percentile(gaps.steps, 50), percentile(gaps.steps, 99)];
  const [task50, task99] = [percentile(gaps.tasks, 50), percentile(gaps.tasks, 99)];
  return [
    {
      what: 'step ends → next step’s process runs, same pod',
      bar: 'p50 ≤ 2 ms',
      measured: `p50 ${ms(step50)}, p99 ${ms(step99)} (${gaps.steps.length})`,
      reached: step50 <= 2,
      how: `${HOW}; ${STEPS} steps, the first of which run while the containers of the others are started`,
    },
    {
      what: 'task ends → next task’s first process runs',
      bar: 'p50 ≤ 20 ms, p99 ≤ 100 ms',
      measured: `p50 ${ms(task50)}, p99 ${ms(task99)} (${gaps.tasks.length})`,
      reached: task50 <= 20 && task99 <= 100,
      how: HOW,
    },
  ];
}

/** Of Builds and TaskRuns by turns. */
export async function buildHandover(client: ApiClient): Promise<Row> {
  const watched = STEP_RUNS.map(({ path }) => watchRuns(client, path));
  const gaps: number[][] = STEP_RUNS.map(() => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [k, { kind, path, prefix }] of STEP_RUNS.entries()) {
      const name = `steps-${kind.toLowerCase()}-${round}`;
      await client.call(path, {
        method: 'POST',
        body: stepRun(kind, name, [SETTLE, ...Array.from({ length: STEPS }, () => CLOCK)]),
      });
      await watched[k]!.seen(name);
      await new Promise((resolve) => setTimeout(resolve, 500)); // the last log lines are stored a moment after the run
      const { status } = await client.call<TaskRun & Build>(`${path}/${name}`);
      const pod = status?.podName ?? status?.cluster?.podName ?? '';
      const times = await Promise.all(
        Array.from({ length: STEPS }, (_, i) => clockOf(client, pod, `${prefix}s${i + 1}`)),
      );
      for (const [i, at] of times.entries()) if (i > 0) gaps[k]!.push(at - times[i - 1]!);
    }
  }
  await Promise.all(watched.map((runs) => runs.stop()));
  const [taskRun, build] = gaps.map((of) => percentile(of, 50)) as [number, number];
  return {
    what: 'step ends → next step’s process runs, in a Build',
    bar: 'p50 of a TaskRun + 0.5 ms',
    measured: `p50 ${ms(build)}, p99 ${ms(percentile(gaps[1]!, 99))}; a TaskRun: p50 ${ms(taskRun)}, p99 ${ms(percentile(gaps[0]!, 99))} (${gaps[1]!.length} each)`,
    reached: build <= taskRun + 0.5,
    how: `${HOW}; Builds and TaskRuns of ${STEPS} steps by turns, whose containers all run already`,
  };
}
