// Where validation differs from Tekton's on purpose: what is different, and why. The documentation quotes these rows,
// and the tests against recorded behaviour accept nothing else.

export interface DeliberateDifference {
  id: string;
  /** What Tekton does, and what is done here instead. */
  what: string;
  why: string;
}

export const DELIBERATE_DIFFERENCES: readonly DeliberateDifference[] = [
  {
    id: 'no-feature-gates',
    what: 'Tekton refuses alpha and beta fields unless `enable-api-fields` allows them. Here all of them are accepted.',
    why: 'There is no switch to turn: what is implemented works, and a run says so when something is not.',
  },
  {
    id: 'pipelines-in-pipelines',
    what: 'A pipeline task that runs nothing misses one of `taskRef`, `taskSpec`, `pipelineRef` and `pipelineSpec`; Tekton names the last two only with its alpha gate.',
    why: 'All four are accepted, so all four are named.',
  },
  {
    id: 'place-of-inline-tasks',
    what: 'For tasks inline in a run or pipeline Tekton leaves parts of the path out: `spec.steps[0].args[0]`. Here it is whole: `spec.pipelineSpec.tasks[0].taskSpec.steps[0].args[0]`.',
    why: 'In a pipeline of thirty tasks the short path does not say which one is meant.',
  },
  {
    id: 'spelling-of-fields',
    what: 'Tekton spells some fields in lower case or otherwise (`persistentvolumeclaim.claimname`, `OnError`, `volumeMount[0]`, `negative timeout`, `Image`). Here they are spelled as in the document.',
    why: 'The path of an error can be copied into a search.',
  },
  {
    id: 'all-at-once',
    what: 'Tekton stops looking at a step with a negative timeout. Here the rest of the step is looked at too.',
    why: 'All problems are reported at once.',
  },
  {
    id: 'no-forbidden-env',
    what: 'Tekton can be configured to refuse environment variables in pod templates (`default-forbidden-env`). That setting does not exist here; Tekton ships with it empty.',
    why: 'Nothing reads it yet.',
  },
  {
    id: 'text-around-results',
    what: 'Tekton refuses text before a result in the result of a pipeline (`v-$(tasks.a.results.b)`), and accepts it after. Here both are accepted.',
    why: 'It is substituted like any other text.',
  },
  {
    id: 'context-of-every-task',
    what: 'Tekton looks for unknown `$(context.…)` variables in the params of the last task only. Here every task is looked at.',
    why: 'The variable would reach the task as it stands.',
  },
  {
    id: 'types-per-task',
    what: 'When tasks inline in one run have params of the same name and different types, Tekton takes the first type for all. Here each task has its own.',
    why: 'Tekton refuses runs whose tasks are all right.',
  },
  {
    id: 'written-out-versions',
    what: 'Tekton takes a `taskRef` with `apiVersion: tekton.dev/…` and `kind: Task` for a custom task. Here it is a task.',
    why: 'Documents of 2020 write it so, and it means a task.',
  },
  {
    id: 'param-as-resource',
    what: 'A pipeline task may use a git resource that the pipeline does not declare, when a string param has its name.',
    why: 'Books of 2020 print such pipelines; the param holds the URL of the repository.',
  },
  {
    id: 'clean-mount-paths',
    what: 'A volume mounted below `/tekton` by way of `..`, or on `/tekton` itself, is refused, in steps, step templates and sidecars.',
    why: 'A step could replace what the platform runs it with (CVE-2026-40923).',
  },
  {
    id: 'no-prototype-keys',
    what: 'The key `__proto__` is refused wherever keys are free: labels, annotations, params of type object.',
    why: 'It is no ordinary key in JavaScript, and no document has a use for it.',
  },
  {
    id: 'breakpoints-before-steps',
    what: 'Tekton refuses breakpoints that only name steps in `beforeSteps`. Here they are accepted.',
    why: 'Its own documentation shows them so.',
  },
  {
    id: 'unset-task-timeouts',
    what: 'When a run limits the time of its tasks to less than an hour, Tekton refuses every entry of `taskRunSpecs` that sets no timeout. Here only timeouts that are set are compared.',
    why: 'Tekton refuses runs that say nothing wrong.',
  },
];
