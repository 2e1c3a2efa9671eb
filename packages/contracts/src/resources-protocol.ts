// What the executor asks the resources service about a TaskRun, before it builds the pod.

import { childName } from './names.js';
import type { EnvVar, Volume } from './pod.js';
import type { ResourceBinding, Step, TaskResource } from './tekton.js';

/** Request/reply subjects that the resources service answers. */
export const RESOURCES_RPC = { plan: 'resources.plan', deliver: 'resources.deliver' } as const;

/** Image of the steps that Slipway itself adds: `/ko-app/git-init`, `/ko-app/kubeconfigwriter` and so on. */
export const RESOURCE_STEPS_IMAGE = 'slipway.dev/resource-steps';

/** Where containers of that image find the door of the node's mirror cache of git sources: a folder with a `socket`. */
export const GIT_MIRROR_PATH = '/tekton/git-mirror';

/** Where the claim by which resources are copied between the tasks of a run is mounted, in the steps that copy only. */
export const RESOURCE_COPIES_PATH = '/pvc';

/** Name of that claim. */
export function copiesClaimName(pipelineRunName: string): string {
  return childName(pipelineRunName, '-pvc');
}

export interface ResourcePlanRequest {
  namespace: string;
  taskRunName: string;
  serviceAccountName: string;
  /** What the task declares. */
  declared: { inputs?: TaskResource[]; outputs?: TaskResource[] };
  /** What the run binds to it, by reference or inline. */
  bound: { inputs?: ResourceBinding[]; outputs?: ResourceBinding[] };
  /** The PipelineRun that made the TaskRun: paths below `RESOURCE_COPIES_PATH` are in its claim. */
  pipelineRunName?: string;
  /** The step of an input is named as its resource, which may be /workspace itself: so a Build has its sources. */
  asSources?: boolean;
}

/** Everything that resources and credentials add to a task. Throws `invalid` or `not-found` naming the resource. */
export interface ResourcePlan {
  /** Steps before the task's own, in order. */
  before: Step[];
  /** Steps after the task's own, in order. */
  after: Step[];
  volumes: Volume[];
  /** Where the end of the TaskRun is told: targets of its `cloudEvent` outputs, in the order of the task. */
  cloudEventTargets: string[];
  /**
   * Values for `$(resources.inputs.<name>.<key>)`, `$(resources.outputs.…)` and the older `$(inputs.resources.…)`,
   * `$(outputs.resources.…)`: keys without `$(` and `)`.
   */
  replacements: Record<string, string>;
  /** Credentials of the service account's annotated secrets, for every step. */
  credentials: CredentialPlan;
}

/** How a step's entrypoint finds the credentials: secret volumes, and the arguments that tell it which is for what. */
export interface CredentialPlan {
  volumes: Volume[];
  volumeMounts: { name: string; mountPath: string; readOnly: true }[];
  /** `-basic-git=<secret>=<url>`, `-ssh-git=<secret>=<host>`, `-basic-docker=…`, `-docker-config=<secret>`, …: Tekton's. */
  entrypointArgs: string[];
  env: EnvVar[];
}

/** Asks for one attempt to hand an event over. */
export interface DeliverRequest {
  /** http or https. */
  target: string;
  event: CloudEvent;
}
export interface DeliverReply {
  /** Why the target did not take it, for the user; absent when it did. */
  problem?: string;
}

/** CloudEvents 1.0 with JSON as data. */
export interface CloudEvent {
  /** The same for every attempt, so that a receiver can tell a repetition. */
  id: string;
  source: string;
  type: string;
  subject: string;
  /** RFC 3339. */
  time: string;
  data: unknown;
}
