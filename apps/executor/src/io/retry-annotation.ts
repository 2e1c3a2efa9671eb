// What a TaskRun's policy says of its retries. The registry lets only a right one in; one that is wrong all the same is none.

import { ANNOTATIONS, asPolicy, policyProblems, type RetryPolicy, type TaskRun } from '@slipway/contracts';
import { plainYaml } from '@slipway/yaml';

export function retryPolicyOf({ metadata }: Pick<TaskRun, 'metadata'>): RetryPolicy | undefined {
  const text = metadata.annotations?.[ANNOTATIONS.policy];
  if (text === undefined) return undefined;
  try {
    const value = plainYaml(text, 'the policy');
    return policyProblems(value, { on: 'task' }, '').length === 0 ? asPolicy(value).retry : undefined;
  } catch {
    return undefined;
  }
}
