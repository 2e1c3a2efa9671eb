// Who of a pod's steps sees the credentials of its service account: all of them, or those that the run names and the steps
// that Slipway itself adds.
//
//   S1. A step that does not see them mounts no secret, gets no argument that names one, and shares no home with one that does.

import {
  ANNOTATIONS,
  POD_PATHS,
  type CredentialPlan,
  type Step,
  type Volume,
  type VolumeMount,
} from '@slipway/contracts';
import type { PodConventions } from './pod-conventions.js';

export interface StepCredentials {
  args: readonly string[];
  mounts: readonly VolumeMount[];
  /** Of the secrets themselves. */
  secrets: readonly VolumeMount[];
}

export interface PodCredentials {
  volumes: readonly Volume[];
  /** Of each step, in their order. */
  steps: readonly StepCredentials[];
}

export interface CredentialNeeds {
  plan: CredentialPlan | undefined;
  conventions: PodConventions;
  /** Of the run, with what it inherits from its task. */
  annotations: Readonly<Record<string, string>> | undefined;
  steps: readonly Step[];
  /** Positions of the steps that Slipway itself has added. */
  isOurs: (position: number) => boolean;
}

const PRIVATE_HOME = 'tekton-internal-credentials-home';

/** Names of the steps that get credentials; undefined: all. */
export function credentialsFor(annotations: CredentialNeeds['annotations']): ReadonlySet<string> | undefined {
  const text = annotations?.[ANNOTATIONS.credentialsFor];
  return text === undefined ? undefined : new Set(text.split(',').map((name) => name.trim()));
}

/** Which steps see credentials. */
export function stepsWithCredentials({ annotations, steps, isOurs }: CredentialNeeds): boolean[] {
  const named = credentialsFor(annotations);
  return steps.map((step, i) => named === undefined || isOurs(i) || named.has(step.name ?? ''));
}

/** What each step gets where every step lays its credentials out itself. */
export function podCredentials(needs: CredentialNeeds): PodCredentials {
  const { plan, conventions, steps } = needs;
  const sees = stepsWithCredentials(needs);
  const layout = layoutArgs(conventions);
  const hasFolder =
    conventions.credentials === 'tekton' && ((plan?.entrypointArgs.length ?? 0) > 0 || nameFolder(steps));
  const own = privateHome(needs);
  const folders = steps.map((_, i) => `tekton-creds-init-home-${i}`);
  return {
    volumes: [
      ...(plan?.volumes ?? []),
      ...own.volumes,
      ...(hasFolder ? folders.map((name) => ({ name, emptyDir: { medium: 'Memory' } })) : []),
    ],
    steps: steps.map((_, i) => ({
      args: [...layout, ...(sees[i] ? (plan?.entrypointArgs ?? []) : [])],
      mounts: [
        ...(hasFolder ? [{ name: folders[i]!, mountPath: POD_PATHS.creds }] : []),
        ...(sees[i] ? own.mounts : []),
      ],
      secrets: sees[i] ? (plan?.volumeMounts ?? []) : [],
    })),
  };
}

/** The home of steps with credentials, where there are others without (S1). */
export function privateHome({ plan, annotations, conventions }: CredentialNeeds): {
  volumes: Volume[];
  mounts: VolumeMount[];
} {
  const isNeeded = credentialsFor(annotations) !== undefined && (plan?.entrypointArgs.length ?? 0) > 0;
  if (!isNeeded) return { volumes: [], mounts: [] };
  return {
    volumes: [{ name: PRIVATE_HOME, emptyDir: { medium: 'Memory' } }],
    mounts: [{ name: PRIVATE_HOME, mountPath: conventions.home }],
  };
}

/** Arguments that say how credentials are laid out; Tekton's way needs none. */
export function layoutArgs({ credentials }: PodConventions): string[] {
  return credentials === 'tekton' ? [] : [`-credentials_layout=${credentials}`];
}

function nameFolder(steps: readonly Step[]): boolean {
  return mentions(steps, POD_PATHS.creds);
}

/** Whether a step names a path in what it runs. */
export function mentions(steps: readonly Step[], path: string): boolean {
  return steps.some(({ script, command, args, env }) =>
    [script ?? '', ...(command ?? []), ...(args ?? []), ...(env ?? []).map(({ value }) => value ?? '')].some((text) =>
      text.includes(path),
    ),
  );
}
