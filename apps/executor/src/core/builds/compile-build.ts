// Build -> TaskRun, as a pure function. What it needs to know was fetched before.
//
//   B1. The TaskRun bears the Build's name: made again it is the same one, and there is never a second.
//   B2. git and gcs sources come first, in the order of the Build; then custom sources in their order; then steps.
//   B3. Whatever is wrong with a Build is told in Knative's words, and ends the Build.

import {
  ANNOTATIONS,
  BUILD_API_VERSION,
  BUILD_PATHS,
  BUILD_VOLUMES,
  LABELS,
  SHARD_LABEL,
  applyTemplates,
  durationMs,
  formatDuration,
  isDnsLabel,
  shardOfObject,
  sourcesOf,
  type Build,
  type BuildSource,
  type BuildStep,
  type OwnerReference,
  type ResourceBinding,
  type Step,
  type TaskRun,
  type UsedTemplate,
  type Volume,
  type VolumeMount,
} from '@slipway/contracts';
import type { Refusal } from '../check-run.js';
import type { STEP_PREFIXES } from '../pod-conventions.js';
import { gitVolumes } from './git-volumes.js';

const DEFAULT_TIMEOUT_MS = 10 * 60_000;
/** How long a Build may wait for its pod to begin, where it does not say. */
const DEFAULT_PENDING_TIMEOUT = '1h0m0s';
/** Before the name of a step in that of its container. */
const STEP_PREFIX: (typeof STEP_PREFIXES)[number] = 'build-step-';
/** Annotations that belong to the Build alone. */
const OWN_ANNOTATIONS: ReadonlySet<string> = new Set([ANNOTATIONS.lastApplied, ANNOTATIONS.templates]);

/** The TaskRun of a Build with its templates in order, or why there is none. */
export function compileBuild(build: Build, templates: readonly UsedTemplate[]): TaskRun | Refusal {
  const flat = applyTemplates(build.spec, templates);
  if ('reason' in flat) return invalidBuild(`${flat.reason}: ${flat.message}`); // B3
  const sources = sourcesOf(build.spec);
  const fetched = sources.flatMap((source, index) => fetchedSource(source, index) ?? []);
  const custom = sources.flatMap((source) =>
    source.custom === undefined ? [] : [{ ...source.custom, name: customStepName(source) }],
  );
  const git = gitVolumes(flat.volumes ?? []);
  const mounts = subPathMounts(sources);
  const steps = [...git.steps, ...custom.map(stepOf), ...flat.steps.map((step) => stepOf(withMounts(step, mounts)))];
  const fetching = fetched.map(({ declared }) => declared.name);
  const problem = stepNameProblem([...fetching, ...steps.map(stepName)]) ?? volumeNameProblem(git.volumes);
  if (problem !== undefined) return invalidBuild(problem); // B3
  const { nodeSelector, affinity, serviceAccountName } = build.spec;
  return {
    apiVersion: 'tekton.dev/v1',
    kind: 'TaskRun',
    metadata: {
      name: build.metadata.name, // B1
      ...(build.metadata.namespace === undefined ? {} : { namespace: build.metadata.namespace }),
      labels: {
        ...build.metadata.labels,
        [LABELS.buildName]: build.metadata.name,
        [SHARD_LABEL]: String(shardOfObject(build.metadata)),
      },
      annotations: annotationsOf(build),
      ownerReferences: [ownerOf(build)],
    },
    spec: {
      serviceAccountName: serviceAccountName ?? 'default',
      timeout: formatDuration(buildTimeoutMs(build)),
      ...(nodeSelector === undefined && affinity === undefined
        ? {}
        : {
            podTemplate: {
              ...(nodeSelector === undefined ? {} : { nodeSelector }),
              ...(affinity === undefined ? {} : { affinity }),
            },
          }),
      taskSpec: {
        ...(fetched.length === 0 ? {} : { resources: { inputs: fetched.map(({ declared }) => declared) } }),
        steps,
        ...(git.volumes.length === 0 ? {} : { volumes: git.volumes }),
      },
      ...(fetched.length === 0 ? {} : { resources: { inputs: fetched.map(({ bound }) => bound) } }), // B2
    },
  };
}

/** What a Build may take once its pod has begun. Zero is Go's way of saying nothing. */
export function buildTimeoutMs({ spec }: Build): number {
  const given = spec.timeout === undefined ? undefined : durationMs(spec.timeout);
  return given === undefined || given === 0 ? DEFAULT_TIMEOUT_MS : given;
}

/** How long a Build may wait for its pod to begin, as it was written or by default. */
export function pendingTimeoutOf({ metadata }: Build): string {
  const given = metadata.annotations?.[ANNOTATIONS.pendingTimeout];
  return given === undefined || durationMs(given) === undefined ? DEFAULT_PENDING_TIMEOUT : given;
}

/** Why a Build ends before it begins, in Knative's words. */
export function invalidBuild(message: string): Refusal {
  return { reason: 'BuildValidationFailed', message };
}

/** Names of the steps that fetch: what Knative does not show among the steps of a Build. */
export function sourceStepNames({ spec }: Build): Set<string> {
  return new Set(
    sourcesOf(spec).map((source, index) => {
      if (source.custom !== undefined) return customStepName(source);
      return `${source.git === undefined ? 'gcs' : 'git'}-source-${ownNameOf(source, index)}`;
    }),
  );
}

/** The name that a source goes by in the status: its own, or its index. */
export function ownNameOf(source: BuildSource, index: number): string {
  return source.name === undefined || source.name === '' ? String(index) : source.name;
}

interface FetchedSource {
  declared: { name: string; type: string; targetPath: string };
  bound: ResourceBinding;
}

/** A source that the resources service fetches; undefined for one that a container of the user fetches. */
function fetchedSource(source: BuildSource, index: number): FetchedSource | undefined {
  const { git, gcs, targetPath } = source;
  const own = ownNameOf(source, index);
  const of = (prefix: string, type: string, params: Record<string, string>): FetchedSource => ({
    declared: { name: `${prefix}-${own}`, type, targetPath: emptyToDot(targetPath) },
    bound: {
      name: `${prefix}-${own}`,
      resourceSpec: { type, params: Object.entries(params).map(([name, value]) => ({ name, value })) },
    },
  });
  if (git !== undefined) return of('git-source', 'git', { url: git.url, revision: git.revision });
  if (gcs === undefined) return undefined;
  const { type = 'Archive', location = '' } = gcs;
  return of('gcs-source', 'storage', { type: 'build-gcs', location, artifactType: type });
}

function customStepName({ name }: BuildSource): string {
  return name === undefined || name === '' ? 'custom-source' : `custom-source-${name}`;
}

function emptyToDot(path: string | undefined): string {
  return path === undefined || path === '' ? '.' : path;
}

function stepOf({ resources, ...step }: BuildStep): Step {
  return { ...step, ...(resources === undefined ? {} : { computeResources: resources }) };
}

/**
 * Where steps see less than the whole of /workspace. One source with a subPath makes /workspace that directory, as in
 * Knative; of several, each that directory in the place of its own target.
 */
function subPathMounts(sources: readonly BuildSource[]): VolumeMount[] {
  const partial = sources.filter(({ subPath }) => subPath !== undefined && subPath !== '');
  const mount = (mountPath: string, subPath: string | undefined): VolumeMount => ({
    name: BUILD_VOLUMES.workspace,
    mountPath,
    ...(subPath === undefined ? {} : { subPath }),
  });
  const [only] = partial;
  if (partial.length === 1) return [mount(BUILD_PATHS.workspace, only!.subPath)];
  return partial.map(({ subPath, targetPath }) => mount(`${BUILD_PATHS.workspace}/${targetPath ?? ''}`, subPath));
}

/** The user's own mount at a place wins. */
function withMounts(step: BuildStep, mounts: readonly VolumeMount[]): BuildStep {
  if (mounts.length === 0) return step;
  const own = step.volumeMounts ?? [];
  const taken = new Set(own.map(({ mountPath }) => mountPath.replace(/\/+$/, '')));
  return { ...step, volumeMounts: [...own, ...mounts.filter(({ mountPath }) => !taken.has(mountPath))] };
}

function stepName({ name }: Step, index: number): string {
  return name === undefined || name === '' ? `unnamed-${index}` : name;
}

/** Names are checked at admission, but for those that arguments make. Of two steps with one name only one would run. */
function stepNameProblem(names: readonly string[]): string | undefined {
  const seen = new Set<string>();
  for (const name of names) {
    const step = `step name ${JSON.stringify(name)}`;
    if (!isDnsLabel(`${STEP_PREFIX}${name}`)) {
      return `${step} must be a DNS label of at most ${63 - STEP_PREFIX.length} characters`;
    }
    if (seen.has(name)) return `${step} must be unique`;
    seen.add(name);
  }
  return undefined;
}

function volumeNameProblem(volumes: readonly Volume[]): string | undefined {
  const wrong = volumes.find(({ name }) => !isDnsLabel(name));
  return wrong === undefined ? undefined : `volume name ${JSON.stringify(wrong.name)} must be a DNS label`;
}

function annotationsOf(build: Build): Record<string, string> {
  const kept = Object.entries(build.metadata.annotations ?? {}).filter(([key]) => !OWN_ANNOTATIONS.has(key));
  return { ...Object.fromEntries(kept), [ANNOTATIONS.pendingTimeout]: pendingTimeoutOf(build) };
}

function ownerOf({ metadata: { name, uid = '' } }: Build): OwnerReference {
  return { apiVersion: BUILD_API_VERSION, kind: 'Build', name, uid, controller: true, blockOwnerDeletion: true };
}
