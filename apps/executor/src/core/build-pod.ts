// TaskRun -> v1.Pod, as a pure function. Everything that it needs to know was fetched before.
//
//   P1. Names follow from the TaskRun and the attempt: building the same pod twice gives the same pod.
//   P2. What the user mounts or sets wins over what we would mount or set at the same place.
//   P3. No init container runs unless the task needs what only it can do: each one is a process before the first step.

import {
  ANNOTATIONS,
  LABELS,
  MANAGED_BY,
  POD_PATHS,
  SHARD_LABEL,
  SlipwayError,
  childName,
  durationMs,
  orderSteps,
  type Container,
  type OrderedStep,
  type Pod,
  type PodSpec,
  type ResourcePlan,
  type Sidecar,
  type Step,
  type TaskRun,
  type TaskSpec,
  type Volume,
  type VolumeMount,
} from '@slipway/contracts';
import { isOf2020, withDefaultsOf2020 } from './defaults-of-2020.js';
import { debugFiles, waitsBefore, waitsOnFailure } from './breakpoints.js';
import { BIN_MOUNT, deliverEntrypoint, needsEntrypoint, type Delivery } from './entrypoint-delivery.js';
import { hasNativeSidecars, nativeSidecar } from './native-sidecars.js';
import { placeScripts, runnableScript, scriptPath, SCRIPTS_MOUNT, type Script } from './scripts.js';
import {
  applySidecarSpecs,
  applyStepSpecs,
  applyTaskResources,
  mergeTemplate,
  missingEnv,
  missingMounts,
} from './steps.js';
import { stepContainerName } from './variables.js';

export interface PodBlueprint {
  taskRun: TaskRun;
  /** Variables replaced, workspaces applied. */
  spec: TaskSpec;
  /** Attempts before this one. */
  attempt: number;
  /** What resources and credentials add; absent when there are none. */
  plan?: ResourcePlan;
  delivery: Delivery;
  nodeName?: string;
  /** Go duration after which the run counts as timed out. */
  timeout: string;
  /** What an image runs when a step names no command. */
  commandOf: CommandOf;
}

/** The whole process of an image with these arguments; undefined when nothing is known of it. */
export type CommandOf = (image: string, args: readonly string[]) => readonly string[] | undefined;

/** Annotations that describe how an object was applied, not what it is. */
const NOT_INHERITED: readonly string[] = [ANNOTATIONS.lastApplied];
const MAX_INT32 = 2 ** 31 - 1;

const IMPLICIT: readonly (Volume & { mountPath: string; readOnly?: true })[] = [
  { name: 'tekton-internal-workspace', emptyDir: {}, mountPath: POD_PATHS.workspace },
  { name: 'tekton-internal-home', emptyDir: {}, mountPath: POD_PATHS.home },
  { name: 'tekton-internal-results', emptyDir: {}, mountPath: POD_PATHS.results },
  { name: 'tekton-internal-steps', emptyDir: {}, mountPath: POD_PATHS.steps, readOnly: true },
  { name: 'tekton-internal-artifacts', emptyDir: {}, mountPath: POD_PATHS.artifacts },
];
const DOWNWARD = { name: 'tekton-internal-downward', mountPath: POD_PATHS.downward, readOnly: true } as const;

/** What steps find there is the entrypoint's work. */
const OUR_PATHS = [POD_PATHS.bin, POD_PATHS.run, POD_PATHS.steps, POD_PATHS.artifacts, POD_PATHS.downward] as const;

/** Name of the pod of one attempt (P1). */
export function podNameOf(taskRunName: string, attempt: number): string {
  return childName(taskRunName, attempt === 0 ? '-pod' : `-pod-retry${attempt}`);
}

/**
 * The pod of one attempt of a TaskRun.
 *
 * Errors  SlipwayError('invalid', …) when a step cannot be run as it is written.
 * Source  tektoncd/pipeline pkg/pod/pod.go Build; deliberate differences: docs/compatibility.md.
 */
export function buildPod(blueprint: PodBlueprint): Pod {
  const { taskRun, spec, plan } = blueprint;
  const steps = stepsOf(blueprint);
  const sidecars = applySidecarSpecs(spec.sidecars ?? [], taskRun.spec.sidecarSpecs);
  const scripts = scriptsOf(steps, sidecars);
  const placed = placeScripts(scripts);
  const isNative = hasNativeSidecars(blueprint.delivery);
  const waitForReady = sidecars.length > 0 && !isNative;
  const credentials = plan?.credentials;
  const needsCreds = (credentials?.entrypointArgs.length ?? 0) > 0 || mentions(steps, POD_PATHS.creds);
  const links = needsStepLinks(steps);

  const debug = debugFiles(taskRun, steps);
  const ordered = steps.map((step, i) => ({ ...orderedStep(step, i), breaksBefore: waitsBefore(taskRun, step) }));
  const args = orderSteps(ordered, {
    waitForReady,
    breaksOnFailure: waitsOnFailure(taskRun.spec),
    ...resultNames(spec),
    credentialArgs: credentials?.entrypointArgs ?? [],
  });
  const isWrapped = needsEntrypoint(blueprint.delivery, {
    steps: ordered,
    waitsForSidecars: waitForReady,
    hasResults: (spec.results ?? []).length > 0,
    hasCredentials: needsCreds,
    isPrepared: links || placed.initArgs.length > 0,
    breaksOnFailure: waitsOnFailure(taskRun.spec),
    namesOurPaths: OUR_PATHS.some((path) => mentions(steps, path)),
  });
  const bin = deliverEntrypoint(blueprint.delivery, {
    links: links ? steps.map(({ name }, i) => stepContainerName(name, i)) : [],
    scripts: placed.initArgs,
    mounts: [
      ...(links ? [{ name: 'tekton-internal-steps', mountPath: POD_PATHS.steps }] : []),
      ...(placed.initArgs.length > 0 ? [{ ...SCRIPTS_MOUNT, readOnly: false }] : []),
    ],
  });
  const common = [...IMPLICIT.map(mountOf), ...(credentials?.volumeMounts ?? [])];
  const containers = steps.map((step, i) =>
    stepContainer(
      step,
      i,
      isWrapped ? args[i]! : undefined,
      [
        ...(step.script ? [SCRIPTS_MOUNT] : []),
        ...(i === 0 && waitForReady ? [DOWNWARD] : []),
        ...(needsCreds ? [{ name: `tekton-creds-init-home-${i}`, mountPath: POD_PATHS.creds }] : []),
        ...(isWrapped ? [...runMounts(i, steps.length), BIN_MOUNT] : []),
        ...debug.mounts,
        ...common,
      ],
      blueprint,
    ),
  );

  const volumes: Volume[] = [
    ...IMPLICIT.map(({ name, emptyDir }) => ({ name, emptyDir: emptyDir ?? {} })),
    ...(credentials?.volumes ?? []),
    ...placed.volumes,
    ...debug.volumes,
    ...(isWrapped ? [bin.volume] : []),
    ...(waitForReady ? [downwardVolume()] : []),
    ...steps.flatMap((_, i) => [
      ...(needsCreds ? [{ name: `tekton-creds-init-home-${i}`, emptyDir: { medium: 'Memory' } }] : []),
      ...(isWrapped ? [{ name: `tekton-internal-run-${i}`, emptyDir: {} }] : []),
    ]),
    ...(spec.volumes ?? []),
    ...(plan?.volumes ?? []),
    ...(taskRun.spec.podTemplate?.volumes ?? []),
  ];
  const beside = sidecars.map(sidecarContainer);
  const initContainers = [...(isWrapped ? bin.initContainers : []), ...(isNative ? beside.map(nativeSidecar) : [])];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: metadataOf(blueprint, { ...placed.annotations, ...debug.annotations }),
    spec: {
      ...podTemplateFields(taskRun),
      restartPolicy: 'Never',
      serviceAccountName: taskRun.spec.serviceAccountName ?? 'default',
      activeDeadlineSeconds: activeDeadlineSeconds(blueprint.timeout),
      ...(blueprint.nodeName === undefined ? {} : { nodeName: blueprint.nodeName }),
      ...(initContainers.length === 0 ? {} : { initContainers }),
      containers: [...containers, ...(isNative ? [] : beside)],
      volumes: firstOfEachName(volumes),
    },
  };
}

function stepsOf({ taskRun, spec, plan }: PodBlueprint): Step[] {
  const own = [...(plan?.before ?? []), ...(spec.steps ?? []), ...(plan?.after ?? [])];
  const merged = applyStepSpecs(mergeTemplate(own, spec.stepTemplate), taskRun.spec.stepSpecs);
  const placed = isOf2020(taskRun, spec) ? merged.map(withDefaultsOf2020) : merged;
  return applyTaskResources(placed, taskRun.spec.computeResources);
}

function scriptsOf(steps: readonly Step[], sidecars: readonly Sidecar[]): Script[] {
  const of = (users: readonly { script?: string }[], kind: Script['of']): Script[] =>
    users.flatMap(({ script }, index) =>
      script === undefined || script === '' ? [] : [{ of: kind, index, text: runnableScript(script) }],
    );
  return [...of(steps, 'step'), ...of(sidecars, 'sidecar')];
}

function orderedStep(step: Step, i: number): OrderedStep {
  const process = step.script
    ? { command: [scriptPath({ of: 'step', index: i })], args: step.command?.length ? [] : (step.args ?? []) }
    : { command: step.command ?? [], args: step.args ?? [] };
  return {
    ...process,
    ...(step.onError === undefined ? {} : { onError: step.onError }),
    ...(step.timeout === undefined ? {} : { timeout: step.timeout }),
    ...(step.stdoutConfig === undefined ? {} : { stdoutPath: step.stdoutConfig.path }),
    ...(step.stderrConfig === undefined ? {} : { stderrPath: step.stderrConfig.path }),
    ...(step.results === undefined ? {} : { results: step.results.map(({ name }) => name) }),
    ...(step.when === undefined ? {} : { when: step.when }),
  };
}

/** Task results that a step's result gives do not come from files. */
function resultNames(spec: TaskSpec): { results?: string[] } {
  if (spec.results === undefined || spec.results.length === 0) return {};
  return { results: spec.results.filter(({ value }) => value === undefined).map(({ name }) => name) };
}

function stepContainer(
  step: Step,
  index: number,
  /** Of the entrypoint; absent where the step runs without it. */
  args: string[] | undefined,
  mounts: readonly VolumeMount[],
  { taskRun, plan, commandOf }: PodBlueprint,
): Container {
  const { name, script, computeResources, ...rest } = withoutTektonFields(step);
  const volumeMounts = rest.volumeMounts ?? [];
  const env = [...(rest.env ?? [])];
  env.push(...missingEnv(env, [...(plan?.credentials.env ?? []), ...(taskRun.spec.podTemplate?.env ?? [])]));
  return {
    ...rest,
    name: stepContainerName(name, index),
    ...(args === undefined
      ? plainProcess(step, index)
      : {
          command: [POD_PATHS.entrypoint],
          args: script || step.command?.length ? args : withImageCommand(step, index, args, commandOf),
        }),
    ...(env.length === 0 ? {} : { env }),
    ...(computeResources === undefined ? {} : { resources: computeResources }),
    volumeMounts: [...volumeMounts, ...missingMounts(volumeMounts, mounts)], // P2
    terminationMessagePath: POD_PATHS.termination,
  };
}

/** The step's own process, and the image's where it names none. */
function plainProcess(step: Step, index: number): Pick<Container, 'command' | 'args'> {
  const { command, args } = orderedStep(step, index);
  return {
    ...(command.length === 0 ? {} : { command: [...command] }),
    ...(args.length === 0 ? {} : { args: [...args] }),
  };
}

function withImageCommand(
  step: Step,
  index: number,
  args: readonly string[],
  commandOf: PodBlueprint['commandOf'],
): string[] {
  const process = commandOf(step.image ?? '', step.args ?? []);
  if (process === undefined || process.length === 0) {
    throw new SlipwayError(
      'invalid',
      'UnknownImageCommand',
      `step "${step.name ?? `unnamed-${index}`}" names no command, and what image "${step.image ?? ''}" runs is not known here`,
      { hint: 'Give the step a `command` or a `script`.' },
    );
  }
  const end = args.indexOf('--');
  return [...args.slice(0, end), '-entrypoint', process[0]!, '--', ...process.slice(1)];
}

function sidecarContainer(sidecar: Sidecar, index: number): Container {
  const { name, script, computeResources, ...rest } = withoutTektonFields(sidecar);
  return {
    ...rest,
    name: `sidecar-${name === undefined || name === '' ? `unnamed-${index}` : name}`,
    ...(script ? { command: [scriptPath({ of: 'sidecar', index })] } : {}),
    ...(computeResources === undefined ? {} : { resources: computeResources }),
    ...(script ? { volumeMounts: [...(rest.volumeMounts ?? []), SCRIPTS_MOUNT] } : {}),
  };
}

type ContainerFields = Omit<Step, 'displayName' | 'timeout' | 'onError' | 'results' | 'when' | 'workspaces' | 'params'>;

/** A Step without what only Tekton understands, so that the rest is a container. */
function withoutTektonFields(user: Step | Sidecar): ContainerFields {
  const fields: Partial<Step> = { ...user };
  for (const key of TEKTON_FIELDS) delete fields[key];
  return fields;
}
const TEKTON_FIELDS = [
  ...(['displayName', 'timeout', 'onError', 'stdoutConfig', 'stderrConfig', 'workspaces', 'ref'] as const),
  ...(['params', 'results', 'when'] as const),
] as const;

/** A step may write only to its own directory, and read what the others posted. */
function runMounts(own: number, count: number): VolumeMount[] {
  return Array.from({ length: count }, (_, i) => ({
    name: `tekton-internal-run-${i}`,
    mountPath: `${POD_PATHS.run}/${i}`,
    ...(i === own ? {} : { readOnly: true }),
  }));
}

/** Whether a step names another's directory under /tekton/steps, which are links that somebody has to make (P3). */
function needsStepLinks(steps: readonly Step[]): boolean {
  return (
    mentions(steps, POD_PATHS.steps) ||
    steps.some((step) => (step.results?.length ?? 0) > 0 || JSON.stringify(step).includes('$(steps.'))
  );
}

function mentions(steps: readonly Step[], path: string): boolean {
  return steps.some(({ script, command, args, env }) =>
    [script ?? '', ...(command ?? []), ...(args ?? []), ...(env ?? []).map(({ value }) => value ?? '')].some((text) =>
      text.includes(path),
    ),
  );
}

function mountOf({ name, mountPath, readOnly }: (typeof IMPLICIT)[number]): VolumeMount {
  return { name, mountPath, ...(readOnly === undefined ? {} : { readOnly }) };
}

function downwardVolume(): Volume {
  return {
    name: DOWNWARD.name,
    downwardAPI: {
      items: [{ path: 'ready', fieldRef: { fieldPath: `metadata.annotations['${ANNOTATIONS.ready}']` } }],
    },
  };
}

/** P2: of two volumes with one name the last is the user's. */
function firstOfEachName(volumes: readonly Volume[]): Volume[] {
  return [...new Map(volumes.map((volume) => [volume.name, volume])).values()];
}

function metadataOf({ taskRun, attempt }: PodBlueprint, scripts: Record<string, string>): Pod['metadata'] {
  const { metadata } = taskRun;
  const shard = metadata.labels?.[SHARD_LABEL];
  const annotations = Object.entries(metadata.annotations ?? {}).filter(([key]) => !NOT_INHERITED.includes(key));
  return {
    name: podNameOf(metadata.name, attempt),
    ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
    labels: {
      ...metadata.labels,
      [LABELS.managedBy]: metadata.labels?.[LABELS.managedBy] ?? MANAGED_BY,
      [LABELS.taskRun]: metadata.name,
      ...(metadata.uid === undefined ? {} : { [LABELS.taskRunUid]: metadata.uid }),
      ...(shard === undefined ? {} : { [SHARD_LABEL]: shard }),
    },
    annotations: { ...Object.fromEntries(annotations), ...scripts },
    ownerReferences: [
      {
        apiVersion: taskRun.apiVersion,
        kind: taskRun.kind,
        name: metadata.name,
        uid: metadata.uid ?? '',
        controller: true,
        blockOwnerDeletion: true,
      },
    ],
  };
}

function podTemplateFields(taskRun: TaskRun): Partial<PodSpec> {
  const fields: Partial<PodSpec> & { env?: unknown; volumes?: unknown } = { ...taskRun.spec.podTemplate };
  delete fields.env;
  delete fields.volumes;
  return fields;
}

/** The node ends a pod on its own when nobody else did: half as long again as the run may take. */
function activeDeadlineSeconds(timeout: string): number {
  const ms = durationMs(timeout) ?? 0;
  return ms <= 0 ? MAX_INT32 : Math.min(MAX_INT32, Math.round((ms / 1000) * 1.5));
}
