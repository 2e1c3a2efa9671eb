import { recordedCalls } from '@slipway/testing/shared-data';

import { DELIBERATE_DIFFERENCES } from './deliberate-differences.js';
import { Findings } from './findings.js';
import { checkName, checkPipeline, checkPipelineRun, checkTask, checkTaskRun } from './object-rules.js';
import { checkPipelineSpec } from './pipeline-rules.js';
import { checkPipelineTask } from './pipeline-task-rules.js';
import { checkRef } from './ref-rules.js';
import { checkResult } from './result-rules.js';
import { checkPipelineRunSpec, checkTaskRunSpec } from './run-rules.js';
import { checkTaskSpec } from './task-rules.js';
import { checkWorkspaceBinding } from './workspace-rules.js';

interface Call {
  in: { object: unknown; forbiddenEnv: string[] | null };
  out: { errors: { message: string; paths: string[] | null }[] } | null;
}
interface Problem {
  path: string;
  message: string;
}

type Check = (object: never, findings: Findings) => void;
const whole =
  (check: Check): Check =>
  (object, findings) => {
    checkName(object, findings);
    check(object, findings);
  };
const part =
  (check: (object: never, path: string, findings: Findings) => void): Check =>
  (object, findings) =>
    check(object, '', findings);

const CHECKS: Record<string, Check> = {
  Pipeline: whole(checkPipeline),
  PipelineRun: whole(checkPipelineRun),
  PipelineRunSpec: part(checkPipelineRunSpec),
  PipelineSpec: part(checkPipelineSpec),
  PipelineTask: part(checkPipelineTask),
  PipelineRef: part(checkRef),
  Task: whole(checkTask),
  TaskRef: part(checkRef),
  TaskResult: part(checkResult),
  TaskRun: whole(checkTaskRun),
  TaskRunSpec: part(checkTaskRunSpec),
  TaskSpec: part(checkTaskSpec),
  WorkspaceBinding: part(checkWorkspaceBinding),
};

/** A problem that only one side reports, and the row that says why. The recording itself cannot tell some cases apart. */
const ONE_SIDED: readonly {
  id: string;
  side: 'tekton' | 'ours';
  matches: (problem: Problem, call: Call) => boolean;
}[] = [
  { id: 'no-feature-gates', side: 'tekton', matches: ({ message }) => /feature gate|enable-api-fields/.test(message) },
  {
    id: 'pipelines-in-pipelines',
    side: 'ours',
    matches: ({ path, message }) => /pipeline(Ref|Spec)$/.test(path) && message.endsWith('got neither'),
  },
  {
    id: 'all-at-once',
    side: 'ours',
    matches: ({ path }, call) => path.endsWith('.image') && JSON.stringify(call.out).includes('negative timeout'),
  },
  { id: 'no-forbidden-env', side: 'tekton', matches: (_, call) => (call.in.forbiddenEnv ?? []).length > 0 },
  // The recording leaves empty maps and lists out: `properties: {}` and `params: []` look like nothing at all.
  { id: 'recording', side: 'ours', matches: ({ path }) => /(^|\.)(\S+\.properties|name)$/.test(path) },
  { id: 'recording', side: 'tekton', matches: ({ path }) => path === 'resolver' },
  // The recording is of v0.53; a rule that came later.
  {
    id: 'recording',
    side: 'ours',
    matches: ({ message }) => message.includes('must be in the format "group/version"'),
  },
];

const lastOf = (path: string): string => path.slice(path.lastIndexOf('.') + 1).toLowerCase();
/** Why our path of the same message is another one; undefined when it is not the same place. */
function placedOtherwise(tekton: Problem, ours: Problem): string | undefined {
  if (tekton.message !== ours.message) return undefined;
  if (tekton.path.toLowerCase() === ours.path.toLowerCase()) return 'spelling-of-fields';
  if (tekton.path === '' || tekton.path.replace('volumeMount[', 'volumeMounts[') === ours.path)
    return 'spelling-of-fields';
  if (tekton.path.endsWith('negative timeout') && ours.path.endsWith('timeout')) return 'spelling-of-fields';
  return lastOf(tekton.path) === lastOf(ours.path) ? 'place-of-inline-tasks' : undefined;
}

function compare(call: Call, tekton: Problem[], ours: Problem[]): { reasons: Set<string>; unexplained: string[] } {
  const reasons = new Set<string>();
  const take = (list: Problem[], matches: (problem: Problem) => boolean): Problem | undefined => {
    const index = list.findIndex(matches);
    return index < 0 ? undefined : list.splice(index, 1)[0];
  };
  const left = tekton.filter(
    (problem) => !take(ours, ({ path, message }) => path === problem.path && message === problem.message),
  );
  const missing = left.filter((problem) => {
    const found = take(ours, (other) => placedOtherwise(problem, other) !== undefined);
    if (found !== undefined) reasons.add(placedOtherwise(problem, found)!);
    return found === undefined;
  });
  const explain = (side: 'tekton' | 'ours', problems: Problem[]): string[] =>
    problems.flatMap((problem) => {
      const row = ONE_SIDED.find((candidate) => candidate.side === side && candidate.matches(problem, call));
      if (row !== undefined) reasons.add(row.id);
      return row === undefined ? [`only ${side}: ${problem.path}: ${problem.message}`] : [];
    });
  return { reasons, unexplained: [...explain('tekton', missing), ...explain('ours', ours)] };
}

const withoutNulls = (json: unknown): unknown =>
  JSON.parse(JSON.stringify(json), (_, value: unknown) => (value === null ? undefined : value));
const problemsIn = (list: readonly { message: string; paths: readonly string[] | null }[]): Problem[] =>
  list.flatMap(({ message, paths }) =>
    (paths === null || paths.length === 0 ? [''] : paths).map((path) => ({ path, message })),
  );

(recordedCalls('validate.Task').length > 0 ? describe : describe.skip)('the conformance data', () => {
  const known = new Set(['recording', ...DELIBERATE_DIFFERENCES.map((difference) => difference.id)]);

  const functions = Object.keys(CHECKS).map((name): [string, number, Call[]] => {
    const calls = recordedCalls<Call>(`validate.${name}`);
    return [name, calls.length, calls];
  });
  it.each(functions)(
    'validate.%s: ours finds the same, save for listed differences, %d times',
    (name, _count, calls) => {
      const counts = new Map<string, number>();
      const unexplained: string[] = [];
      let equal = 0;
      for (const call of calls) {
        const object = withoutNulls(call.in.object);
        const findings = new Findings();
        CHECKS[name]!((object ?? {}) as never, findings);
        const result = compare(call, problemsIn(call.out?.errors ?? []), problemsIn(findings.list));
        if (result.reasons.size === 0 && result.unexplained.length === 0) equal++;
        for (const reason of result.reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
        for (const reason of result.reasons) expect(known).toContain(reason);
        unexplained.push(
          ...result.unexplained.map((line) => `${line}\n    of ${JSON.stringify(object)?.slice(0, 400)}`),
        );
      }
      const score = `${name}: ${equal} of ${calls.length} equal, ${JSON.stringify(Object.fromEntries(counts))} otherwise`;
      if (process.env['SLIPWAY_SCORES'] !== undefined) process.stderr.write(`${score}\n`);
      expect({ score, unexplained }).toEqual({ score, unexplained: [] });
    },
  );
});
