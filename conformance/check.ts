// Runs one file in a namespace of its own, and says what became of it.

import { readFileSync } from 'node:fs';
import { isDone, succeeded, type Build, type PipelineRun, type TaskRun } from '@slipway/contracts';
import type { ConformanceFile } from './set.js';
import type { Kubectl } from './kubectl.js';
import { differences, storedIn, type Seen } from './oracle.js';
import type { Place } from './place.js';

export interface Outcome {
  kind: 'passed' | 'failed' | 'blocked';
  /** What went wrong: the first lines of kubectl's answer, or the condition of the run that did not end as it should. */
  because: string;
  tookMs: number;
}

type Run = PipelineRun | TaskRun | Build;

const KINDS = 'pipelineruns,taskruns,builds';

export async function check(
  place: Place,
  { path, decision, beside }: ConformanceFile,
  namespace: string,
  deadlineMs: number,
  recorded?: Seen,
): Promise<Outcome> {
  if (decision.blocked !== undefined) return { kind: 'blocked', because: decision.blocked, tookMs: 0 };
  const started = Date.now();
  const outcome = (problem: string | undefined): Outcome => ({
    kind: problem === undefined ? 'passed' : 'failed',
    because: problem ?? '',
    tookMs: Date.now() - started,
  });

  const made = await place.makeNamespace(namespace);
  if (made.code !== 0) return outcome(firstLines(made.stderr));
  if (decision.nodeLabels !== undefined) await place.labelNodes(decision.nodeLabels);
  if (decision.beforehand !== undefined) {
    const prepared = await place.submit(['create'], decision.beforehand.replaceAll('NAMESPACE', namespace));
    if (prepared.code !== 0) return outcome(`beforehand: ${firstLines(prepared.stderr)}`);
  }
  for (const file of beside) {
    const applied = await place.submit(['--namespace', namespace, 'apply'], readFileSync(file, 'utf8'));
    if (applied.code !== 0) return outcome(`${file}: ${firstLines(applied.stderr)}`);
  }
  const documents = readFileSync(path, 'utf8').replace(/^(\s*)namespace: default$/gm, `$1namespace: ${namespace}`);
  const created = await place.submit(['--namespace', namespace, 'create'], documents);
  if (decision.refuses === undefined && created.code !== 0) return outcome(firstLines(created.stderr));
  if (decision.refuses !== undefined && !decision.refuses.test(created.stderr)) {
    return outcome(`should be refused with ${decision.refuses}: ${firstLines(created.stderr)}`);
  }

  for (;;) {
    const ended = place.ends.next(namespace); // before looking: none is missed
    const { items } = await place.platform.json<{ items: Run[] }>(['--namespace', namespace, 'get', KINDS]);
    const roots = items.filter((run) => run.metadata.ownerReferences === undefined);
    const failed = decision.ends === undefined && roots.find((run) => isDone(run) && !endedAsExpected(run));
    if (failed) return outcome(describe(failed));
    if (roots.every(isDone)) {
      const problem = wrongEnd(roots, decision.ends) ?? (await unlike(place.platform, namespace, recorded));
      if (problem === undefined) await place.removeNamespace(namespace);
      return outcome(problem);
    }
    if (Date.now() - started > deadlineMs) return outcome(`still running: ${roots.map(describe).join('; ')}`);
    await ended;
  }
}

/** Knative's files say of each Build how it ends; what says nothing succeeds. */
function endedAsExpected(run: Run): boolean {
  return succeeded(run)?.status === (run.metadata.labels?.['expect'] === 'failed' ? 'False' : 'True');
}

async function unlike(kubectl: Kubectl, namespace: string, recorded: Seen | undefined): Promise<string | undefined> {
  if (recorded === undefined) return undefined;
  const found = differences(recorded, await storedIn(kubectl, namespace));
  return found.length === 0 ? undefined : `differs from a real Tekton:\n    ${found.join('\n    ')}`;
}

function wrongEnd(roots: readonly Run[], ends: readonly string[] | undefined): string | undefined {
  if (ends === undefined) return undefined;
  const ours = roots.map((run) => `${succeeded(run)?.status}/${succeeded(run)?.reason}`).sort();
  if (ours.join() === [...ends].sort().join()) return undefined;
  return `should end as ${ends.join(', ')}: ${roots.map(describe).join('; ')}`;
}

function describe(run: Run): string {
  const condition = succeeded(run);
  const reason = condition?.reason ?? condition?.status ?? 'no condition';
  return `${run.kind} ${run.metadata.name}: ${reason}: ${condition?.message ?? ''}`;
}

function firstLines(text: string): string {
  return text.trim().split('\n').slice(0, 4).join(' | ');
}
