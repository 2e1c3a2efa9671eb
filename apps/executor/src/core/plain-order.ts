// Steps without an entrypoint: `slipway.dev/step-order: init-containers`. A kubelet runs init containers one after the other
// by itself, so every step but the last is one, as Knative Build had it. For images and clusters that allow no program of
// somebody else's in a container.

import {
  ANNOTATIONS,
  type Container,
  type Step,
  type TaskRun,
  type TaskSpec,
  type VolumeMount,
} from '@slipway/contracts';
import { hasBreakpoints } from './breakpoints.js';
import type { PodConventions } from './pod-conventions.js';
import {
  layoutArgs,
  privateHome,
  stepsWithCredentials,
  type CredentialNeeds,
  type StepCredentials,
} from './step-credentials.js';

/** Name of the container that lays credentials out before the first step. */
export const CREDENTIAL_INITIALIZER = 'credential-initializer';

const ORDERS = ['entrypoint', 'init-containers'];

/** Whether the run, or its task, asks for it. */
export function isPlainOrder(annotations: Readonly<Record<string, string>> | undefined): boolean {
  return annotations?.[ANNOTATIONS.stepOrder] === 'init-containers';
}

interface Need {
  what: string;
  isNeeded: (run: Pick<TaskRun, 'spec'>, spec: TaskSpec) => boolean;
}

const anyStep = (test: (step: Step) => boolean) => (_: unknown, spec: TaskSpec) => (spec.steps ?? []).some(test);
const mentioned = (pattern: RegExp) => anyStep((step) => pattern.test(JSON.stringify(step)));

/** What only an entrypoint can do. */
const NEEDS: readonly Need[] = [
  { what: 'results of the task', isNeeded: (_, spec) => (spec.results?.length ?? 0) > 0 },
  { what: 'sidecars', isNeeded: (_, spec) => (spec.sidecars?.length ?? 0) > 0 },
  { what: 'breakpoints', isNeeded: (run) => hasBreakpoints(run) },
  { what: 'results of steps', isNeeded: anyStep(({ results }) => (results?.length ?? 0) > 0) },
  { what: '`when` of steps', isNeeded: anyStep((step) => (step.when?.length ?? 0) > 0) },
  { what: '`onError` of steps', isNeeded: anyStep(({ onError }) => onError === 'continue') },
  { what: '`timeout` of steps', isNeeded: anyStep(({ timeout }) => timeout !== undefined && timeout !== '') },
  {
    what: '`stdoutConfig` and `stderrConfig`',
    isNeeded: anyStep((step) => step.stdoutConfig !== undefined || step.stderrConfig !== undefined),
  },
  { what: 'exit codes, results and artifacts of other steps', isNeeded: mentioned(/\$\(steps\.|\/tekton\/steps\//) },
  { what: 'artifacts', isNeeded: mentioned(/\$\((step\.)?artifacts\.|\/tekton\/artifacts/) },
  { what: '$(credentials.path)', isNeeded: mentioned(/\$\(credentials\.path\)|\/tekton\/creds(?![-\w])/) },
];

/** Why the steps cannot be ordered as the annotation says; undefined when they can. */
export function orderProblem(
  annotations: Readonly<Record<string, string>> | undefined,
  run: Pick<TaskRun, 'spec'>,
  spec: TaskSpec,
): string | undefined {
  const order = annotations?.[ANNOTATIONS.stepOrder];
  if (order === undefined || order === 'entrypoint') return undefined;
  if (!ORDERS.includes(order)) return `${ANNOTATIONS.stepOrder} must be one of ${ORDERS.join(', ')}, not "${order}"`;
  const needed = NEEDS.filter(({ isNeeded }) => isNeeded(run, spec)).map(({ what }) => what);
  if (needed.length === 0) return undefined;
  return `${ANNOTATIONS.stepOrder}: init-containers runs no entrypoint, and these need one: ${needed.join('; ')}`;
}

/** The credentials of each step, and the container that lays them out before the first. */
export function plainCredentials(needs: CredentialNeeds): {
  volumes: ReturnType<typeof privateHome>['volumes'];
  steps: StepCredentials[];
  /** For the entrypoint. */
  initializer: Omit<Container, 'command' | 'image'>[];
} {
  const { plan, conventions, steps } = needs;
  const sees = stepsWithCredentials(needs);
  const own = privateHome(needs);
  const args = [...layoutArgs(conventions), ...(plan?.entrypointArgs ?? [])];
  const home = own.mounts[0] ?? homeMount(conventions);
  return {
    volumes: [...(plan?.volumes ?? []), ...own.volumes],
    steps: steps.map((_, i) => ({ args: [], mounts: sees[i] ? own.mounts : [], secrets: [] })),
    initializer: args.length === 0 ? [] : [initializer(args, home, [home, ...(plan?.volumeMounts ?? [])])],
  };
}

function initializer(
  args: readonly string[],
  home: VolumeMount,
  volumeMounts: readonly VolumeMount[],
): Omit<Container, 'command' | 'image'> {
  return {
    name: CREDENTIAL_INITIALIZER,
    args: ['write-credentials', home.mountPath, ...args],
    workingDir: '/',
    volumeMounts: [...volumeMounts],
  };
}

function homeMount({ home, volumes }: PodConventions): VolumeMount {
  return { name: volumes.find(({ mountPath }) => mountPath === home)!.name, mountPath: home };
}
