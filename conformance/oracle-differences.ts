// Where what is stored differs from what a real Tekton stored, on purpose: what, why, and how the recording is read so that
// the rest compares. The documentation quotes these rows.

import type { Seen } from './oracle.js';

export const ORACLE_DIFFERENCES: readonly { what: string; why: string; adapt: (theirs: Seen) => Seen }[] = [
  {
    what: 'Large results come by the log, without the sidecar `tekton-log-results`.',
    why: 'There is nothing to switch on, and no process more in the pod.',
    adapt: (theirs) => ({
      ...theirs,
      taskRuns: theirs.taskRuns.map((run) => ({
        ...run,
        ...(run.sidecars && { sidecars: run.sidecars.filter(({ name }) => name !== 'tekton-log-results') }),
      })),
    }),
  },
];
