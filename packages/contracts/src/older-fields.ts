// Fields of tekton.dev that only changed their name between v1beta1 (or v1alpha1) and v1: for the registry, which converts
// objects, and for what converts files.

/** Of each definition: older name → name in v1. */
export const RENAMED_FIELDS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Step: { resources: 'computeResources' },
  StepTemplate: { resources: 'computeResources' },
  Sidecar: { resources: 'computeResources' },
  StepOverride: { resources: 'computeResources' },
  TaskRunStepSpec: { resources: 'computeResources' },
  TaskRunSidecarSpec: { resources: 'computeResources' },
  TaskRunSpec: { stepOverrides: 'stepSpecs', sidecarOverrides: 'sidecarSpecs' },
  TaskRunStatus: { taskResults: 'results' },
  PipelineTaskRunSpec: {
    taskServiceAccountName: 'serviceAccountName',
    taskPodTemplate: 'podTemplate',
    stepOverrides: 'stepSpecs',
    sidecarOverrides: 'sidecarSpecs',
  },
  PipelineRunStatus: { pipelineResults: 'results' },
};
