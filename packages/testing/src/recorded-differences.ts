// Recorded calls that ours answers otherwise on purpose. The documentation quotes these rows, and the tests that replay
// recorded calls excuse nothing else. What validation differs in stands with the rules of validation.

export interface RecordedDifference {
  /** Names of recorded functions. */
  functions: readonly string[];
  /** What Tekton does, and what is done here instead. */
  what: string;
  why: string;
  /** Whether a recorded argument shows the difference. */
  shows: (given: never) => boolean;
}

interface DefaultsCall {
  defaults: Record<string, unknown>;
}

export const RECORDED_DIFFERENCES: readonly RecordedDifference[] = [
  {
    functions: ['dag.GetCandidateTasks'],
    what: 'Tekton stops scheduling a run in which a task has ended before one that it follows. Here the other tasks of the run go on.',
    why: 'A task that has ended needs nothing any more, and the rest of the run is well.',
    shows: ({ done, graph }: { done: string[]; graph: Record<string, string[]> }) =>
      done.some((name) => graph[name]!.some((parent) => !done.includes(parent))),
  },
  {
    functions: [
      'substitution.ValidateNoReferencesToEntireProhibitedVariables',
      'substitution.ValidateNoReferencesToUnknownVariables',
    ],
    what: 'Tekton finds variables by patterns (`resources.(?:inputs|outputs)`), which its messages quote. Here they are found by name.',
    why: 'A message names what stands in the document.',
    shows: ([, prefix]: [string, string]) => /[?|]/.test(prefix),
  },
  {
    functions: ['defaults.TaskRun', 'defaults.PipelineRun'],
    what: 'Tekton takes the defaults of runs (timeout, service account, `managed-by` label, pod template, resolver) from the `config-defaults` of the installation. Here they are those that Tekton ships with.',
    why: 'A run means the same wherever it is sent.',
    shows: ({ defaults }: DefaultsCall) =>
      defaults['DefaultTimeoutMinutes'] !== 60 ||
      defaults['DefaultServiceAccount'] !== 'default' ||
      defaults['DefaultManagedByLabelValue'] !== 'tekton-pipelines' ||
      defaults['DefaultPodTemplate'] !== null ||
      defaults['DefaultResolverType'] !== '',
  },
];

/** Whether a listed difference excuses the answer to this recorded call. */
export function isExcused(fn: string, given: unknown): boolean {
  return RECORDED_DIFFERENCES.some(({ functions, shows }) => functions.includes(fn) && shows(given as never));
}
