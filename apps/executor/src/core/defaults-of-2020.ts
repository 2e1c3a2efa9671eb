// Where steps of 2020 start and what they call home. Until its v0.24 Tekton set both for every step that did not; today it
// leaves them to the image. Who writes v1alpha1 or uses PipelineResources was written for the former.

import { ANNOTATIONS, POD_PATHS, type Step, type TaskRun, type TaskSpec } from '@slipway/contracts';

/** Whether a run, or the Task that it inherits its annotations from, was written then. */
export function isOf2020({ metadata }: Pick<TaskRun, 'metadata'>, spec: TaskSpec): boolean {
  return metadata.annotations?.[ANNOTATIONS.v1alpha1Form] !== undefined || spec.resources !== undefined;
}

/** The step with the working directory and the home that it has unless it says otherwise. */
export function withDefaultsOf2020(step: Step): Step {
  const env = step.env ?? [];
  return {
    ...step,
    workingDir: step.workingDir || POD_PATHS.workspace,
    env: env.some(({ name }) => name === 'HOME') ? env : [...env, { name: 'HOME', value: POD_PATHS.home }],
  };
}
