// Breakpoints of a TaskRun: which steps wait for a person, with what they are given for it, and how a decision reaches them.
//
// Decisions are lines `<step> continue` or `<step> fail-continue` in an annotation of the TaskRun. They become annotations
// of the pod, one for each step, and a downward API volume turns these into files: so whoever may change the TaskRun may
// decide, on any runtime, without a way into the container.

import {
  ANNOTATIONS,
  POD_PATHS,
  type Pod,
  type Step,
  type TaskRun,
  type Volume,
  type VolumeMount,
} from '@slipway/contracts';
import { isStep, stepNameOf } from './step-states.js';

const VOLUME = 'tekton-internal-debug';
const DECISIONS = ['continue', 'fail-continue'];
const EXECUTABLE = 0o755;

export interface DebugFiles {
  annotations: Record<string, string>;
  volumes: Volume[];
  mounts: VolumeMount[];
}

/** Whether the run has any breakpoint. */
export function hasBreakpoints({ spec }: Pick<TaskRun, 'spec'>): boolean {
  return waitsOnFailure(spec) || (spec.debug?.breakpoints?.beforeSteps?.length ?? 0) > 0;
}

/** Whether steps that fail wait. */
export function waitsOnFailure({ debug }: TaskRun['spec']): boolean {
  return debug?.breakpoints?.onFailure === 'enabled';
}

/** Whether the step waits before it begins. */
export function waitsBefore({ spec }: TaskRun, step: Step): boolean {
  return step.name !== undefined && spec.debug?.breakpoints?.beforeSteps?.includes(step.name) === true;
}

/** What the pod of a run with breakpoints needs: Tekton's scripts, and the files that decisions arrive in. */
export function debugFiles(taskRun: TaskRun, steps: readonly Step[]): DebugFiles {
  if (!hasBreakpoints(taskRun)) return { annotations: {}, volumes: [], mounts: [] };
  const scripts = Object.entries(SCRIPTS).map(([name, text]) => ({ key: ANNOTATIONS.debugScript(name), name, text }));
  const items = [
    ...steps.map((_, i) => ({ path: `decisions/${i}`, fieldRef: annotationField(ANNOTATIONS.debugDecisions(i)) })),
    ...scripts.map(({ key, name }) => ({ path: `scripts/${name}`, fieldRef: annotationField(key), mode: EXECUTABLE })),
  ];
  return {
    annotations: Object.fromEntries(scripts.map(({ key, text }) => [key, text])),
    volumes: [{ name: VOLUME, downwardAPI: { items } }],
    mounts: [{ name: VOLUME, mountPath: POD_PATHS.debug, readOnly: true }],
  };
}

/** The pod's annotations with the decisions of the run in them; undefined when the pod has them already. */
export function withDecisions(taskRun: TaskRun, pod: Pod): Record<string, string> | undefined {
  const text = taskRun.metadata.annotations?.[ANNOTATIONS.debug];
  if (text === undefined || !hasBreakpoints(taskRun)) return undefined;
  const before = pod.metadata.annotations ?? {};
  const after = { ...before };
  const steps = pod.spec.containers.filter(isStep);
  steps.forEach((container, i) => {
    const decisions = linesOf(text).flatMap(([step, decision]) => (step === stepNameOf(container) ? [decision] : []));
    if (decisions.length > 0) after[ANNOTATIONS.debugDecisions(i)] = decisions.join('\n');
  });
  return Object.entries(after).every(([key, value]) => before[key] === value) ? undefined : after;
}

/** `step decision` of each line or comma-separated part that is one. */
function linesOf(text: string): [step: string, decision: string][] {
  return text.split(/[\n,]/).flatMap((line): [string, string][] => {
    const [step, decision, ...more] = line.trim().split(/\s+/);
    return step !== undefined && DECISIONS.includes(decision ?? '') && more.length === 0 ? [[step, decision!]] : [];
  });
}

function annotationField(key: string): { fieldPath: string } {
  return { fieldPath: `metadata.annotations['${key}']` };
}

/** A step can write to the folder of its own run only: that is how a script finds it. */
const OWN_RUN = `#!/bin/sh
set -e
for run in ${POD_PATHS.run}/*; do
  [ -w "$run" ] && break
done
`;
const SCRIPTS: Readonly<Record<string, string>> = {
  'debug-continue': `${OWN_RUN}echo 0 > "$run/out.breakpointexit"\n`,
  'debug-fail-continue': `${OWN_RUN}echo 1 > "$run/out.breakpointexit"\n`,
  'debug-beforestep-continue': `${OWN_RUN}touch "$run/out.beforestepexit"\n`,
  'debug-beforestep-fail-continue': `${OWN_RUN}touch "$run/out.beforestepexit.err"\n`,
};
