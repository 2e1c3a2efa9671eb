// Everything that must be fetched before a TaskRun can become a pod: its task, its claims, its credentials.

import {
  ANNOTATIONS,
  CLUSTER_TASKS,
  LABELS,
  PERSISTENT_VOLUME_CLAIMS,
  RESOURCES_RPC,
  SlipwayError,
  asSlipwayError,
  TASKS,
  layered,
  msOf,
  paramReplacements,
  remoteOwnerOf,
  remoteRefOf,
  substituteDeep,
  type Fence,
  type ObjectRef,
  type ObjectMeta,
  type PersistentVolumeClaim,
  type Pod,
  type PodTemplate,
  type RefSource,
  type ResourcePlan,
  type ResourcePlanRequest,
  type ServiceAccount,
  type StepState,
  type Task,
  type TaskRun,
  type TaskSpec,
  type WorkspaceBinding,
} from '@slipway/contracts';
import type { Bus } from '@slipway/bus';
import type { RemoteReferences, Store } from '@slipway/store';
import { buildPod } from '../core/build-pod.js';
import type { Delivery } from '../core/entrypoint-delivery.js';
import type { PodEnvironment } from '../core/runtime.js';
import { refusalOf, type Awaiting, type Refusal, type ResolvedTask } from '../core/check-run.js';
import { podLimitOf } from '../core/deadlines.js';
import { imageProcess, knownImageProcess } from '../core/images.js';
import { withLimitRanges } from '../core/limit-range.js';
import { conventionsOf } from '../core/pod-conventions.js';
import { withDefaultPodTemplate } from '../core/pod-template.js';
import { applyVariables, boundWorkspaces, contextReplacements, stepContainerName } from '../core/variables.js';
import type { Definitions } from './definitions.js';
import { StepActions } from './step-actions.js';
import {
  applyWorkspaces,
  claimNameOf,
  claimOf,
  withBoundWorkspaces,
  withClaim,
  withDefaultBinding,
  workspaceVolumes,
} from '../core/workspaces.js';

export interface PodSourceOptions {
  /** How the entrypoint comes into pods. */
  delivery: () => Promise<Delivery>;
  /** What pods mount and are bound by. */
  environment: PodEnvironment;
  nodeName: string | undefined;
  /** Go duration of runs that name none. */
  defaultTimeout: string;
  remote: Pick<RemoteReferences, 'get'>;
  /** What is bound to workspaces that a task requires and its run does not bind. */
  defaultWorkspace?: Omit<WorkspaceBinding, 'name'>;
  /** Below the pod template of every run. */
  defaultPodTemplate?: PodTemplate;
  /** What images say that they run, asked of their registries before the table of well-known images. */
  images?: ImageConfigs;
}

/** As `NodeImages` answers. */
export interface ImageConfigs {
  /** The host stands in for an image that cannot be had. */
  readonly standsIn: boolean;
  /** Whether it is one that is pulled. */
  isPulled(image: string): boolean;
  config(image: string, pullPolicy: string | undefined, account: ImageAccount): Promise<ImageProcess>;
}

interface ImageAccount {
  namespace: string;
  serviceAccountName?: string | undefined;
  imagePullSecrets?: readonly { name: string }[] | undefined;
}

type ImageProcess = Parameters<typeof imageProcess>[0];

/** A pod to be created, with all that is created beside it. */
export interface PreparedPod {
  pod: Pod;
  claims: PersistentVolumeClaim[];
  /** What the TaskRun's status keeps: the task with its variables replaced. */
  spec: TaskSpec;
  /** Where its definition came from, when that was elsewhere. */
  refSource?: RefSource;
  /** Steps that come from remote StepActions, as the run's status shows them before they begin. */
  steps: StepState[];
  /** What the run inherits from its Task. */
  labels: Record<string, string>;
  annotations: Record<string, string>;
  /** Where the end of the run is told. */
  cloudEventTargets: readonly string[];
}

/** Annotations of a service account's secrets that give them to steps: `tekton.dev/git-0`, `tekton.dev/docker-1`. */
const CREDENTIAL_ANNOTATION = /^(tekton\.dev|build\.knative\.dev)\/(git|docker)-/;
const CREDENTIAL_TYPES = ['kubernetes.io/dockerconfigjson', 'kubernetes.io/dockercfg'];

const DEFAULT_ACCOUNT = 'default';
const ACCOUNT_PATIENCE_MS = 3000;

export class PodSource {
  readonly #stepActions: StepActions;

  constructor(
    private readonly store: Pick<Store, 'get'>,
    private readonly definitions: Definitions,
    private readonly bus: Pick<Bus, 'request'>,
    private readonly options: PodSourceOptions,
  ) {
    this.#stepActions = new StepActions(definitions, options.remote);
  }

  /** The pod of the next attempt, why there will be none, or what it waits for. */
  async prepare(taskRun: TaskRun, fence: Fence): Promise<PreparedPod | Refusal | Awaiting> {
    const account = this.#account(taskRun);
    const named = await this.#resolve(taskRun, fence);
    if ('reason' in named || 'resolving' in named) return named;
    const task = await this.#stepActions.resolve(taskRun, named, fence);
    if ('reason' in task || 'resolving' in task) return task;
    const bound = this.#withDefaults(taskRun, task);
    const refusal = refusalOf(bound, task);
    if (refusal !== undefined) return refusal;
    try {
      return await this.#build(bound, task, await this.#needsCredentials(bound, await account));
    } catch (thrown) {
      if (!(thrown instanceof SlipwayError) || !['invalid', 'not-found'].includes(thrown.kind)) throw thrown;
      return podCreationRefused(taskRun, task, thrown);
    }
  }

  #withDefaults(given: TaskRun, task: ResolvedTask): TaskRun {
    const { defaultWorkspace, defaultPodTemplate } = this.options;
    const taskRun = withDefaultPodTemplate(given, defaultPodTemplate);
    if (defaultWorkspace === undefined) return taskRun;
    const workspaces = withDefaultBinding(task.spec.workspaces ?? [], taskRun.spec.workspaces ?? [], defaultWorkspace);
    return { ...taskRun, spec: { ...taskRun.spec, workspaces } };
  }

  async #build(taskRun: TaskRun, task: ResolvedTask, needsCredentials: boolean): Promise<PreparedPod> {
    const { metadata } = taskRun;
    const [plan, delivery, limitRanges] = await Promise.all([
      this.#plan(taskRun, task.spec, needsCredentials),
      this.options.delivery(),
      this.options.environment.limitRanges(metadata.namespace ?? ''),
    ]);
    const bindings = boundWorkspaces(taskRun, task);
    const templates = bindings.filter(({ volumeClaimTemplate }) => volumeClaimTemplate !== undefined);
    const claimNames = new Map(templates.map((binding) => [binding.name, claimNameOf(binding, metadata.uid ?? '')]));
    const volumes = workspaceVolumes(bindings, claimNames);
    const isPlain = conventionsOf(taskRun).isPlainContainer; // `$(…)` is text to it
    const spec = isPlain
      ? task.spec
      : applyVariables(task.spec, {
          taskRun,
          taskName: task.name,
          workspaceVolumes: new Map([...volumes].map(([name, volume]) => [name, volume.name])),
          bindings: bindings.map((binding) => withClaim(binding, claimNames.get(binding.name))),
          resources: plan?.replacements ?? {},
          ...(task.scopedSteps === undefined ? {} : { scopedSteps: task.scopedSteps }),
        });
    const processes = await this.#processes(taskRun, spec);
    const pod = buildPod({
      taskRun: { ...taskRun, metadata: { ...metadata, ...inheritedMetadata(taskRun, task) } },
      spec: applyWorkspaces(spec, bindings, volumes),
      attempt: taskRun.status?.retriesStatus?.length ?? 0,
      ...(plan === undefined ? {} : { plan }),
      delivery,
      ...(this.options.nodeName === undefined ? {} : { nodeName: this.options.nodeName }),
      timeout: podLimitOf(taskRun, this.options.defaultTimeout),
      commandOf: (image, args, rule) => {
        const said = processes.get(image);
        return said === undefined ? knownImageProcess(image, args, rule) : imageProcess(said, args, rule);
      },
    });
    const claims = templates.map((binding) => claimOf(binding, claimNames.get(binding.name)!, taskRun));
    return {
      pod: withLimitRanges(pod, limitRanges),
      claims: await this.#missing(claims),
      spec: withBoundWorkspaces(spec, bindings),
      ...(task.refSource === undefined ? {} : { refSource: task.refSource }),
      steps: stepsWithSources(spec, task.stepSources),
      ...inheritedMetadata(taskRun, task),
      cloudEventTargets: plan?.cloudEventTargets ?? [],
    };
  }

  /** What the images of steps run that do not say it themselves. */
  async #processes({ metadata, spec: run }: TaskRun, spec: TaskSpec): Promise<Map<string, ImageProcess>> {
    const { images } = this.options;
    const found = new Map<string, ImageProcess>();
    if (images === undefined) return found;
    const { serviceAccountName, podTemplate } = run;
    const account = {
      namespace: metadata.namespace ?? '',
      serviceAccountName,
      imagePullSecrets: podTemplate?.['imagePullSecrets'] as { name: string }[] | undefined,
    };
    for (const step of spec.steps ?? []) {
      const image = step.image ?? spec.stepTemplate?.image ?? '';
      const says = step.script || (step.command ?? spec.stepTemplate?.command ?? []).length > 0;
      if (says || found.has(image) || !images.isPulled(image)) continue;
      try {
        found.set(image, await images.config(image, step.imagePullPolicy, account));
      } catch (thrown) {
        if (!images.standsIn && knownImageProcess(image, step.args ?? []) === undefined) throw asUnknownCommand(thrown);
      }
    }
    return found;
  }

  async #resolve(taskRun: TaskRun, fence: Fence): Promise<ResolvedTask | Refusal | Awaiting> {
    const { metadata, spec } = taskRun;
    if (spec.taskSpec !== undefined) {
      return { name: metadata.name, spec: spec.taskSpec, inline: true, labels: {}, annotations: {} };
    }
    const ref = spec.taskRef;
    const failed = (message: string): Refusal => ({ reason: 'TaskRunResolutionFailed', message });
    if (ref !== undefined && remoteRefOf(ref, 'Task') !== undefined) return this.#resolveRemote(taskRun, ref, fence);
    if (ref?.name === undefined)
      return failed(`TaskRun "${metadata.name}" names no task: give it a taskRef or a taskSpec`);
    const isCluster = ref.kind === 'ClusterTask';
    const resource = isCluster ? CLUSTER_TASKS : TASKS;
    const namespace = isCluster ? '' : (metadata.namespace ?? '');
    const task = await this.definitions.get<Task>(resource, namespace, ref.name, revisionOf(metadata));
    if (task === undefined) {
      return failed(`error when listing tasks for taskRun ${metadata.name}: ${resource} "${ref.name}" not found`);
    }
    return {
      name: ref.name,
      spec: task.spec,
      inline: false,
      labels: { ...task.metadata.labels, [isCluster ? LABELS.clusterTask : LABELS.task]: ref.name },
      annotations: task.metadata.annotations ?? {},
    };
  }

  async #resolveRemote(taskRun: TaskRun, ref: ObjectRef, fence: Fence): Promise<ResolvedTask | Refusal | Awaiting> {
    const { metadata, spec } = taskRun;
    const variables = layered(paramReplacements(spec.params, undefined), contextReplacements('', taskRun));
    const owner = remoteOwnerOf(taskRun, fence.shard);
    const found = await this.options.remote.get<Task>(owner, substituteDeep(ref, variables), 'Task', fence);
    switch (found.kind) {
      case 'failed':
        return { reason: 'TaskRunResolutionFailed', message: found.message };
      case 'resolving': {
        const message = `TaskRun ${metadata.namespace ?? ''}/${metadata.name} awaiting remote resource`;
        return { resolving: { request: found.request, reason: 'ResolvingTaskRef', message } };
      }
      case 'resolved': {
        const { name, labels, annotations = {} } = found.object.metadata;
        return {
          name,
          spec: found.object.spec,
          inline: false,
          labels: { ...labels, [LABELS.task]: name },
          annotations,
          ...(found.refSource === undefined ? {} : { refSource: found.refSource }),
        };
      }
    }
  }

  async #plan(taskRun: TaskRun, spec: TaskSpec, needsCredentials: boolean): Promise<ResourcePlan | undefined> {
    const declared = spec.resources ?? {};
    const declares = (declared.inputs?.length ?? 0) + (declared.outputs?.length ?? 0) > 0;
    if (!declares && !needsCredentials) return undefined;
    const request: ResourcePlanRequest = {
      namespace: taskRun.metadata.namespace ?? '',
      taskRunName: taskRun.metadata.name,
      serviceAccountName: taskRun.spec.serviceAccountName ?? 'default',
      declared,
      bound: taskRun.spec.resources ?? {},
      ...(conventionsOf(taskRun).isPlainContainer ? { asSources: true } : {}),
      ...pipelineRunOf(taskRun),
    };
    return this.bus.request<ResourcePlan>(RESOURCES_RPC.plan, request, { timeoutMs: 10_000 });
  }

  /** The run's service account; of a namespace without one called `default`, that one is empty. */
  #account({ metadata, spec }: TaskRun): Promise<ServiceAccount | undefined> {
    const name = spec.serviceAccountName ?? DEFAULT_ACCOUNT;
    return this.options.environment.serviceAccount(metadata.namespace ?? '', name, revisionOf(metadata));
  }

  /** Whether the run's service account has secrets that steps get as credentials. */
  async #needsCredentials({ metadata, spec }: TaskRun, account: ServiceAccount | undefined): Promise<boolean> {
    const namespace = metadata.namespace ?? '';
    const accountName = spec.serviceAccountName ?? DEFAULT_ACCOUNT;
    if (account === undefined && accountName !== DEFAULT_ACCOUNT) throw accountMissing(accountName, metadata);
    const secrets = await Promise.all(
      (account?.secrets ?? []).map(({ name }) => this.options.environment.secretHead(namespace, name)),
    );
    return secrets.some(
      (secret) =>
        secret !== undefined &&
        (CREDENTIAL_TYPES.includes(secret.type ?? '') ||
          Object.keys(secret.metadata.annotations ?? {}).some((key) => CREDENTIAL_ANNOTATION.test(key))),
    );
  }

  /** A retry finds the claim of the attempt before. */
  async #missing(claims: readonly PersistentVolumeClaim[]): Promise<PersistentVolumeClaim[]> {
    const found = await Promise.all(
      claims.map(({ metadata }) => this.store.get(PERSISTENT_VOLUME_CLAIMS, metadata.namespace ?? '', metadata.name)),
    );
    return claims.filter((_, i) => found[i] === undefined);
  }
}

/** The account may stand behind the run in the file that made both: it gets the time that applying a file takes. */
function accountMissing(name: string, { creationTimestamp }: ObjectMeta): SlipwayError {
  const isNew = Date.now() - (msOf(creationTimestamp) ?? 0) < ACCOUNT_PATIENCE_MS;
  return new SlipwayError(
    isNew ? 'transient' : 'not-found',
    'NoServiceAccount',
    `translating TaskSpec to Pod: serviceaccounts "${name}" not found`,
    isNew ? { retryAfterMs: 200 } : {},
  );
}

/** What the user can mend ends the run; a registry that is away for a while is asked again, and the run shows it. */
function asUnknownCommand(thrown: unknown): SlipwayError {
  const error = asSlipwayError(thrown);
  const isFinal = ['ImageNotFound', 'ImageDenied', 'BadImageReference', 'NoPlatform', 'BadImage'].includes(
    error.reason,
  );
  const message = `a step names no command, and its image cannot be asked for one: ${error.message}`;
  return isFinal
    ? new SlipwayError('invalid', 'UnknownImageCommand', message, { cause: thrown })
    : new SlipwayError('transient', 'PullImageFailed', message, { cause: thrown });
}

function stepsWithSources({ steps = [] }: TaskSpec, sources: ReadonlyMap<number, RefSource> = new Map()): StepState[] {
  return [...sources].map(([index, refSource]) => {
    const container = stepContainerName(steps[index]?.name, index);
    return { name: container.replace(/^step-/, ''), container, provenance: { refSource } };
  });
}

function pipelineRunOf({ metadata }: TaskRun): { pipelineRunName?: string } {
  const owner = metadata.ownerReferences?.find(({ kind }) => kind === 'PipelineRun');
  return owner === undefined ? {} : { pipelineRunName: owner.name };
}

function revisionOf({ resourceVersion }: ObjectMeta): number {
  return Number(resourceVersion ?? 0);
}

/** What the run already has wins over what its Task says. */
function inheritedMetadata(
  { metadata }: TaskRun,
  task: ResolvedTask,
): { labels: Record<string, string>; annotations: Record<string, string> } {
  const annotations = Object.entries(task.annotations).filter(([key]) => key !== ANNOTATIONS.lastApplied);
  return {
    labels: { ...task.labels, ...metadata.labels },
    annotations: { ...Object.fromEntries(annotations), ...metadata.annotations },
  };
}

/** Reasons that a condition has itself, because who reads it mends something else than the task. */
const OWN_REASONS = ['BadSecretAnnotation', 'KnownHostsRequired'];

function podCreationRefused({ metadata, spec }: TaskRun, task: ResolvedTask, error: SlipwayError): Refusal {
  if (OWN_REASONS.includes(error.reason)) return { reason: error.reason, message: error.message };
  const which = task.inline
    ? 'invalid TaskSpec'
    : `missing or invalid Task ${metadata.namespace}/${spec.taskRef?.name}`;
  return {
    reason: 'PodCreationFailed',
    message: `failed to create task run pod "${metadata.name}": ${error.message.replace(/\.$/, '')}. Maybe ${which}`,
  };
}
