// The policy of a run made ready: the variables of the run put into it, and what it names checked against the tasks.

import {
  layered,
  mergedPolicy,
  paramReplacements,
  policyProblems,
  asPolicy,
  substituteDeep,
  taskPolicyOf,
  type PipelineRun,
  type PipelineTask,
  type Policy,
  type TaskPolicy,
} from '@slipway/contracts';
import { allTasks, type CompiledTask, type PipelineSource } from './compiled-pipeline.js';
import { loopResultsIn } from './loop.js';
import type { Refusal } from './refusal.js';
import { contextReplacements } from './substitute-pipeline.js';

/** What the run and its Pipeline say together, or why that is no policy. Both are plain values. */
export function policyOfRun(own: unknown, inherited: unknown, { spec }: PipelineSource): Policy | Refusal {
  const merged = mergedPolicy(own ?? undefined, inherited ?? undefined);
  const problems = policyProblems(merged, { on: 'pipeline', tasks: allTasks(spec) }, 'policy');
  if (problems.length === 0) return asPolicy(merged);
  return invalidPolicy(problems.map(({ field, message }) => `${field} ${message}`).join('; '));
}

export function invalidPolicy(message: string): Refusal {
  return { reason: 'InvalidPolicy', message };
}

/** The policy of one task, with the variables of the run in it. Those of results and of the loop are put in later. */
export function taskPolicyFor(
  run: PipelineRun,
  source: PipelineSource,
  policy: Policy,
  { name }: PipelineTask,
): TaskPolicy | undefined {
  const own = taskPolicyOf(policy, name);
  if (own?.loop?.until === undefined) return own;
  const replacements = layered(
    paramReplacements(run.spec.params, source.spec.params),
    contextReplacements(run, source.name),
  );
  const { until, params } = own.loop;
  const loop = {
    ...own.loop,
    until: substituteDeep(until, replacements),
    ...(params === undefined ? {} : { params: substituteDeep(params, replacements) }),
  };
  return { ...own, loop };
}

/** A result that a task's policy names and its Task does not declare. */
export function brokenPolicy({ task, spec, policy }: CompiledTask): string | undefined {
  const declared = spec?.results?.map(({ name }) => name) ?? [];
  if (spec === undefined || policy === undefined) return undefined;
  const { until, params } = policy.loop ?? {};
  const results = [...loopResultsIn([until, params]), ...Object.keys(policy.whenSkipped?.results ?? {})];
  const unknown = results.find((result) => !declared.includes(result));
  return unknown && `the policy of pipeline task "${task.name}" names the result "${unknown}", which its task does not`;
}
