// TaskRun -> v1.Pod, as a pure function. Everything that it needs to know was fetched before.
//
//   P1. Names follow from the TaskRun and the attempt: building the same pod twice gives the same pod.
//   P2. What the user mounts or sets wins over what we would mount or set at the same place.
//   P3. The pod carries only what its task needs: each init container is a process before the first step, each mount takes time.

import {
  ANNOTATIONS,
  POD_PATHS,
  durationMs,
  orderSteps,
  type Container,
  type Pod,
  type PodSpec,
  type Sidecar,
  type Step,
  type TaskRun,
  type TaskSpec,
  type Volume,
  type VolumeMount,
} from '@slipway/contracts';
import { debugFiles, waitsBefore, waitsOnFailure } from './breakpoints.js';
import { BIN_MOUNT, deliverEntrypoint, needsEntrypoint, runsEntrypoint } from './entrypoint-delivery.js';
import { hasNativeSidecars, nativeSidecar } from './native-sidecars.js';
import { isPlainOrder, plainCredentials } from './plain-order.js';
import { conventionsOf, withCustoms, type PodConventions } from './pod-conventions.js';
import type { PodBlueprint } from './pod-blueprint.js';
import { metadataOf } from './pod-metadata.js';
import { placeScripts, runnableScript, scriptPath, SCRIPTS_MOUNT, type PlacedScripts, type Script } from './scripts.js';
import {
  orderedStep,
  plainProcess,
  stepContainer,
  terminationPathOf,
  withImageCommand,
  withoutTektonFields,
  type PodParts,
} from './step-containers.js';
import { mentions, podCredentials } from './step-credentials.js';
import { applySidecarSpecs, applyStepSpecs, applyTaskResources, mergeTemplate } from './steps.js';
import { subPathOf } from './sub-path.js';
import { stepContainerName } from './variables.js';

const MAX_INT32 = 2 ** 31 - 1;

const DOWNWARD = { name: 'tekton-internal-downward', mountPath: POD_PATHS.downward, readOnly: true } as const;

/** What steps find there is the entrypoint's work. */
const OUR_PATHS = [POD_PATHS.bin, POD_PATHS.run, POD_PATHS.steps, POD_PATHS.artifacts, POD_PATHS.downward] as const;

/**
 * The pod of one attempt of a TaskRun.
 *
 * Errors  SlipwayError('invalid', …) when a step cannot be run as it is written.
 * Source  tektoncd/pipeline pkg/pod/pod.go Build; deliberate differences: docs/compatibility.md.
 */
export function buildPod(blueprint: PodBlueprint): Pod {
  const { taskRun, spec, plan } = blueprint;
  const { annotations } = taskRun.metadata;
  const isPlain = isPlainOrder(annotations);
  const row = conventionsOf(taskRun, spec);
  const customs = isPlain ? { ...row, isHomeOfSteps: true } : row; // where its credentials are, too
  const steps = stepsOf(blueprint, customs);
  const conventions = { ...customs, volumes: customs.volumes.filter((volume) => isOfUse(volume, steps)) };
  const sidecars = applySidecarSpecs(spec.sidecars ?? [], taskRun.spec.sidecarSpecs);
  const scripts = placeScripts(scriptsOf(steps, sidecars));
  const parts: PodParts = { blueprint, conventions, steps, isOurs: ourSteps(blueprint, steps) };
  const placed = isPlain ? plainSteps(parts, scripts) : wrappedSteps(parts, scripts, sidecars);

  const { containers } = placed;
  const subPath = subPathOf(steps, conventions);
  const inInit = isPlain ? containers.length - 1 : (subPath?.before ?? 0);
  const first = containers.slice(0, inInit);
  if (subPath !== undefined) first.splice(subPath.before, 0, runsEntrypoint(blueprint.delivery, subPath.check));
  const isNative = hasNativeSidecars(blueprint.delivery);
  const beside = sidecars.map(sidecarContainer);
  const initContainers = [...placed.before, ...(isNative ? beside.map(nativeSidecar) : []), ...first];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: metadataOf(blueprint, conventions, { ...scripts.annotations, ...placed.annotations }),
    spec: {
      ...podTemplateFields(taskRun),
      restartPolicy: 'Never',
      serviceAccountName: taskRun.spec.serviceAccountName ?? 'default',
      activeDeadlineSeconds: activeDeadlineSeconds(blueprint.timeout),
      ...(blueprint.nodeName === undefined ? {} : { nodeName: blueprint.nodeName }),
      ...(initContainers.length === 0 ? {} : { initContainers }),
      containers: [...containers.slice(inInit), ...(isNative ? [] : beside)],
      volumes: lastOfEachName([
        ...conventions.volumes.map(({ name, emptyDir }) => ({ name, emptyDir: emptyDir ?? {} })),
        ...scripts.volumes,
        ...placed.volumes,
        ...(spec.volumes ?? []),
        ...(plan?.volumes ?? []),
        ...(taskRun.spec.podTemplate?.volumes ?? []),
      ]),
    },
  };
}

interface PlacedSteps {
  /** A container for each step, in their order. */
  containers: Container[];
  volumes: readonly Volume[];
  /** Containers that run before all steps. */
  before: readonly Container[];
  annotations: Record<string, string>;
}

/** Steps that order themselves, because the entrypoint wraps each; but a single one that needs nothing of it is itself. */
function wrappedSteps(parts: PodParts, scripts: PlacedScripts, sidecars: readonly Sidecar[]): PlacedSteps {
  const { blueprint, conventions, steps, isOurs } = parts;
  const { taskRun, spec, plan, delivery } = blueprint;
  const credentials = podCredentials(needsOf(parts));
  const waitForReady = sidecars.length > 0 && !hasNativeSidecars(delivery);
  const links = needsStepLinks(steps) && !conventions.isPlainContainer;
  const debug = debugFiles(taskRun, steps);
  const ordered = steps.map((step, i) => ({
    ...orderedStep(step, i),
    breaksBefore: waitsBefore(taskRun, step),
    credentialArgs: credentials.steps[i]!.args,
    terminationPath: terminationPathOf(step, conventions, isOurs(i)),
    keepsMessage: conventions.isPlainContainer && !isOurs(i),
  }));
  const args = orderSteps(ordered, {
    waitForReady,
    breaksOnFailure: waitsOnFailure(taskRun.spec),
    ...resultNames(spec),
  });
  const isWrapped = needsEntrypoint(delivery, {
    steps: ordered,
    waitsForSidecars: waitForReady,
    hasResults: (spec.results ?? []).length > 0,
    hasCredentials: (plan?.credentials.entrypointArgs.length ?? 0) > 0 || mentions(steps, POD_PATHS.creds),
    isPrepared: links || scripts.initArgs.length > 0,
    breaksOnFailure: waitsOnFailure(taskRun.spec),
    namesOurPaths: OUR_PATHS.some((path) => mentions(steps, path)),
  });
  const bin = binOf(parts, scripts, links);
  const readsAll = links || mentions(steps, POD_PATHS.run);
  const containers = steps.map((step, i) => ({
    ...stepContainer(
      parts,
      i,
      [
        ...(i === 0 && waitForReady ? [DOWNWARD] : []),
        ...credentials.steps[i]!.mounts,
        ...(isWrapped ? [...runMounts(i, readsAll ? steps.length : undefined), BIN_MOUNT] : []),
        ...debug.mounts,
      ],
      credentials.steps[i]!.secrets,
    ),
    ...(isWrapped
      ? {
          command: [POD_PATHS.entrypoint],
          args: step.script || step.command?.length ? args[i]! : withImageCommand(parts, i, args[i]!),
        }
      : plainProcess(parts, i)),
    terminationMessagePath: ordered[i]!.terminationPath,
  }));
  return {
    containers,
    volumes: [
      ...credentials.volumes,
      ...debug.volumes,
      ...(waitForReady ? [downwardVolume()] : []),
      ...(isWrapped ? [bin.volume, ...steps.map((_, i) => ({ name: `tekton-internal-run-${i}`, emptyDir: {} }))] : []),
    ],
    before: isWrapped ? bin.initContainers : [],
    annotations: debug.annotations,
  };
}

/** Steps as plain containers, which the node orders. */
function plainSteps(parts: PodParts, scripts: PlacedScripts): PlacedSteps {
  const { blueprint, steps, isOurs } = parts;
  const credentials = plainCredentials(needsOf(parts));
  const bin = binOf(parts, scripts, false);
  const isPrepared = scripts.initArgs.length > 0;
  const containers = steps.map((step, i) => ({
    ...stepContainer(parts, i, credentials.steps[i]!.mounts, []),
    ...plainProcess(parts, i),
    ...(isOurs(i) ? { terminationMessagePath: POD_PATHS.termination } : {}),
  }));
  return {
    containers,
    volumes: [...credentials.volumes, ...(isPrepared || blueprint.delivery.kind === 'host' ? [bin.volume] : [])],
    before: [
      ...(isPrepared ? bin.initContainers : []),
      ...credentials.initializer.map((container) => runsEntrypoint(blueprint.delivery, container)),
    ],
    annotations: {},
  };
}

function needsOf({ blueprint, conventions, steps, isOurs }: PodParts): Parameters<typeof podCredentials>[0] {
  const { taskRun, plan } = blueprint;
  return { plan: plan?.credentials, conventions, annotations: taskRun.metadata.annotations, steps, isOurs };
}

function binOf(
  { blueprint, steps }: PodParts,
  scripts: PlacedScripts,
  links: boolean,
): ReturnType<typeof deliverEntrypoint> {
  return deliverEntrypoint(blueprint.delivery, {
    links: links ? steps.map(({ name }, i) => stepContainerName(name, i)) : [],
    scripts: scripts.initArgs,
    mounts: [
      ...(links ? [{ name: 'tekton-internal-steps', mountPath: POD_PATHS.steps }] : []),
      ...(scripts.initArgs.length > 0 ? [{ ...SCRIPTS_MOUNT, readOnly: false }] : []),
    ],
  });
}

function stepsOf({ taskRun, spec, plan }: PodBlueprint, conventions: PodConventions): Step[] {
  const own = [...(plan?.before ?? []), ...(spec.steps ?? []), ...(plan?.after ?? [])];
  const merged = applyStepSpecs(mergeTemplate(own, spec.stepTemplate), taskRun.spec.stepSpecs);
  const accustomed = merged.map((step) => withCustoms(step, conventions));
  return applyTaskResources(accustomed, taskRun.spec.computeResources);
}

function ourSteps({ plan }: PodBlueprint, steps: readonly Step[]): (position: number) => boolean {
  const before = plan?.before.length ?? 0;
  const after = steps.length - (plan?.after.length ?? 0);
  return (position) => position < before || position >= after;
}

function scriptsOf(steps: readonly Step[], sidecars: readonly Sidecar[]): Script[] {
  const of = (users: readonly { script?: string }[], kind: Script['of']): Script[] =>
    users.flatMap(({ script }, index) =>
      script === undefined || script === '' ? [] : [{ of: kind, index, text: runnableScript(script) }],
    );
  return [...of(steps, 'step'), ...of(sidecars, 'sidecar')];
}

/** Task results that a step's result gives do not come from files. */
function resultNames(spec: TaskSpec): { results?: string[] } {
  if (spec.results === undefined || spec.results.length === 0) return {};
  return { results: spec.results.filter(({ value }) => value === undefined).map(({ name }) => name) };
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

/** A step may write only to its own directory; it reads that of the step before, or those of `all` where one looks at them. */
function runMounts(own: number, all: number | undefined): VolumeMount[] {
  const [first, end] = all === undefined ? [Math.max(0, own - 1), own + 1] : [0, all];
  return Array.from({ length: end - first }, (_, k) => ({
    name: `tekton-internal-run-${first + k}`,
    mountPath: `${POD_PATHS.run}/${first + k}`,
    ...(first + k === own ? {} : { readOnly: true }),
  }));
}

/** Whether a step can tell a folder of ours from none: every mount of every container takes its node some time (P3). */
function isOfUse({ name, mountPath }: PodConventions['volumes'][number], steps: readonly Step[]): boolean {
  if (mountPath !== POD_PATHS.steps && mountPath !== POD_PATHS.artifacts) return true;
  const text = JSON.stringify(steps);
  return text.includes(mountPath) || text.includes(name) || (mountPath === POD_PATHS.steps && needsStepLinks(steps));
}

/** Whether a step names another's directory under /tekton/steps, which are links that somebody has to make (P3). */
function needsStepLinks(steps: readonly Step[]): boolean {
  return (
    mentions(steps, POD_PATHS.steps) ||
    steps.some((step) => (step.results?.length ?? 0) > 0 || JSON.stringify(step).includes('$(steps.'))
  );
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
function lastOfEachName(volumes: readonly Volume[]): Volume[] {
  return [...new Map(volumes.map((volume) => [volume.name, volume])).values()];
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
