// The order of a task's steps: what each step's entrypoint waits for, what it posts, and where its results go.
//
//   O1. Step i starts only after step i-1 has posted its file, whatever the containers' own order of starting.
//   O2. The argument lists are Tekton's, in Tekton's order, so that pods compare equal.

import { stepGuardTree } from './cel/step-guard.js';
import { SlipwayError } from './errors.js';
import type { WhenExpression } from './tekton.js';

/** Where things are inside a pod. Steps and scripts of users name these paths. */
export const POD_PATHS = {
  bin: '/tekton/bin',
  entrypoint: '/tekton/bin/entrypoint',
  run: '/tekton/run',
  steps: '/tekton/steps',
  scripts: '/tekton/scripts',
  results: '/tekton/results',
  artifacts: '/tekton/artifacts',
  home: '/tekton/home',
  creds: '/tekton/creds',
  credsSecrets: '/tekton/creds-secrets',
  termination: '/tekton/termination',
  debug: '/tekton/debug',
  downward: '/tekton/downward',
  ready: '/tekton/downward/ready',
  workspace: '/workspace',
} as const;

/** Image of containers that run the entrypoint and nothing else. */
export const ENTRYPOINT_IMAGE = 'slipway.dev/entrypoint';

export interface OrderedStep {
  /** The process, empty where the image says it: `command[0]` is executed, the rest goes before `args`. */
  command: readonly string[];
  args: readonly string[];
  onError?: string;
  /** Go duration, from the start of the step's own process. */
  timeout?: string;
  stdoutPath?: string;
  stderrPath?: string;
  /** Names of the results that the step itself declares. */
  results?: readonly string[];
  when?: readonly WhenExpression[];
  /** It waits for a person before it begins. */
  breaksBefore?: boolean;
  /** Which credentials are whose, and how they are laid out. */
  credentialArgs?: readonly string[];
  /** Where the process leaves its message; `/tekton/termination` where it is not given. */
  terminationPath?: string;
  /** What the process leaves there is text of its own, and not entries. */
  keepsMessage?: boolean;
}

export interface StepOrder {
  /** The first step waits until the pod's annotation says that all its containers run. */
  waitForReady: boolean;
  /** Names of the task's results that come from files; undefined when the task declares no result at all. */
  results?: readonly string[];
  /** A step that fails waits for a person. */
  breaksOnFailure?: boolean;
}

const ON_ERROR = ['continue', 'stopAndFail'];

/**
 * The arguments of each step's entrypoint.
 *
 * Shape   n steps -> n argument lists in the same order.
 * Errors  SlipwayError('invalid', 'InvalidOnError') when `onError` is neither `continue` nor `stopAndFail`.
 * Source  tektoncd/pipeline pkg/pod/entrypoint.go; `-wait_file` and the rest are its entrypoint's flags.
 *
 * @example
 * orderSteps([{ command: ['make'], args: [] }, { command: ['make'], args: ['test'] }], { waitForReady: false })
 * // [['-post_file', '/tekton/run/0/out', …, '-entrypoint', 'make', '--'],
 * //  ['-wait_file', '/tekton/run/0/out', '-post_file', '/tekton/run/1/out', …, '-entrypoint', 'make', '--', 'test']]
 */
export function orderSteps(steps: readonly OrderedStep[], order: StepOrder): string[][] {
  return steps.map((step, i) => [
    ...waitsFor(i, order.waitForReady), // O1
    ...['-post_file', `${POD_PATHS.run}/${i}/out`],
    ...['-termination_path', step.terminationPath ?? POD_PATHS.termination],
    ...(step.keepsMessage === true ? ['-keep_message'] : []),
    ...['-step_metadata_dir', `${POD_PATHS.run}/${i}/status`],
    ...(step.credentialArgs ?? []),
    ...onErrorArgs(step.onError),
    ...flag('-timeout', step.timeout),
    ...flag('-stdout_path', step.stdoutPath),
    ...flag('-stderr_path', step.stderrPath),
    ...(step.results?.length ? ['-step_results', step.results.join(',')] : []),
    ...(step.when?.length ? ['--when_expressions', JSON.stringify(step.when.map(sentGuard))] : []),
    ...(order.results === undefined ? [] : ['-results', order.results.join(',')]),
    ...(order.breaksOnFailure === true ? ['-breakpoint_on_failure'] : []),
    ...(step.breaksBefore === true ? ['-debug_before_step'] : []),
    ...(step.command.length > 0 ? ['-entrypoint', step.command[0]!] : []),
    '--',
    ...step.command.slice(1),
    ...step.args,
  ]);
}

function waitsFor(index: number, waitForReady: boolean): string[] {
  if (index > 0) return ['-wait_file', `${POD_PATHS.run}/${index - 1}/out`];
  return waitForReady ? ['-wait_file', POD_PATHS.ready, '-wait_file_content'] : [];
}

function onErrorArgs(onError: string | undefined): string[] {
  if (onError === undefined || onError === '') return [];
  if (!ON_ERROR.includes(onError)) {
    throw new SlipwayError(
      'invalid',
      'InvalidOnError',
      `task step onError must be either "continue" or "stopAndFail" but it is set to an invalid value "${onError}"`,
    );
  }
  return ['-on_error', onError];
}

/** Tekton's entrypoint reads `cel`; ours has no parser and reads the tree beside it. */
function sentGuard(guard: WhenExpression): object {
  return guard.cel === undefined || guard.cel === '' ? guard : { ...guard, tree: stepGuardTree(guard.cel) };
}

function flag(name: string, value: string | undefined): string[] {
  return value === undefined || value === '' ? [] : [name, value];
}
