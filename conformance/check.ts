// Runs one file in a namespace of its own, and says what became of it.

import { readFileSync } from 'node:fs';
import { isDone, succeeded, type PipelineRun, type TaskRun } from '@slipway/contracts';
import type { ConformanceFile } from './set.js';
import type { Kubectl } from './kubectl.js';

export interface Outcome {
  kind: 'passed' | 'failed';
  /** What went wrong: the first lines of kubectl's answer, or the condition of the run that did not succeed. */
  because: string;
  tookMs: number;
}

type Run = PipelineRun | TaskRun;

export async function check(
  kubectl: Kubectl,
  file: ConformanceFile,
  namespace: string,
  deadlineMs: number,
): Promise<Outcome> {
  const started = Date.now();
  const outcome = (kind: Outcome['kind'], because = ''): Outcome => ({ kind, because, tookMs: Date.now() - started });

  await kubectl.run(['create', 'namespace', namespace]);
  const documents = readFileSync(file.path, 'utf8').replace(/^(\s*)namespace: default$/gm, `$1namespace: ${namespace}`);
  const created = await kubectl.run(['--namespace', namespace, 'create', '-f', '-'], documents);
  if (created.code !== 0) return outcome('failed', firstLines(created.stderr));

  for (;;) {
    const { items } = await kubectl.json<{ items: Run[] }>(['--namespace', namespace, 'get', 'pipelineruns,taskruns']);
    const roots = items.filter((run) => run.metadata.ownerReferences === undefined);
    if (roots.length === 0) return outcome('failed', 'the file creates no run');
    const failed = roots.find((run) => succeeded(run)?.status === 'False');
    if (failed !== undefined) return outcome('failed', describe(failed));
    if (roots.every(isDone)) {
      await kubectl.run(['delete', 'namespace', namespace, '--wait=false']);
      return outcome('passed');
    }
    if (Date.now() - started > deadlineMs) return outcome('failed', `still running: ${roots.map(describe).join('; ')}`);
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}

function describe(run: Run): string {
  const condition = succeeded(run);
  return `${run.kind} ${run.metadata.name}: ${condition?.reason ?? 'no condition'}: ${condition?.message ?? ''}`;
}

function firstLines(text: string): string {
  return text.trim().split('\n').slice(0, 4).join(' | ');
}
