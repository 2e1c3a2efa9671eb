// Where what is stored differs from what a real Tekton stored, on purpose: what, why, and how the recording is read so that
// the rest compares. The documentation quotes these rows.

import type { Seen, SeenRun } from './oracle.js';

interface OracleDifference {
  what: string;
  why: string;
  /** The recording as Tekton would have made it without the difference. */
  adapt: (theirs: Seen, ours: Seen) => Seen;
}

export const ORACLE_DIFFERENCES: readonly OracleDifference[] = [
  {
    what: 'Large results come by the log, without the sidecar `tekton-log-results`.',
    why: 'There is nothing to switch on, and no process more in the pod.',
    adapt: taskRuns((run) => ({
      ...run,
      ...(run.sidecars && { sidecars: run.sidecars.filter(({ name }) => name !== 'tekton-log-results') }),
    })),
  },
  {
    what: 'A sidecar without a name shows in the status of its run, as `unnamed-0`; in Tekton it does not.',
    why: 'Its log can be asked for by that name.',
    adapt: taskRuns((run) => {
      const unnamed = ((run.taskSpec as { sidecars?: { name?: string }[] } | undefined)?.sidecars ?? []).flatMap(
        ({ name }, i) => (name ? [] : [{ name: `unnamed-${i}`, container: `sidecar-unnamed-${i}` }]),
      );
      return unnamed.length === 0 ? run : { ...run, sidecars: [...(run.sidecars ?? []), ...unnamed] };
    }),
  },
  {
    what: 'The guards of a finally task stand in its child reference as they were evaluated; Tekton leaves `$(tasks.build.status)` in them.',
    why: 'A reader sees why the task ran.',
    adapt: (theirs, ours) => ({
      ...theirs,
      pipelineRuns: theirs.pipelineRuns.map((run, i) => withGuards(run, ours.pipelineRuns[i])),
    }),
  },
];

function taskRuns(change: (run: SeenRun) => SeenRun): (theirs: Seen) => Seen {
  return (theirs) => ({ ...theirs, taskRuns: theirs.taskRuns.map(change) });
}

function withGuards(run: SeenRun, ours: SeenRun | undefined): SeenRun {
  if (run.childReferences === undefined) return run;
  return {
    ...run,
    childReferences: run.childReferences.map((child) => {
      if (!JSON.stringify(child.whenExpressions ?? []).includes('$(tasks.')) return child;
      const whenExpressions = ours?.childReferences?.find(
        ({ pipelineTaskName }) => pipelineTaskName === child.pipelineTaskName,
      )?.whenExpressions;
      return whenExpressions === undefined ? child : { ...child, whenExpressions };
    }),
  };
}
