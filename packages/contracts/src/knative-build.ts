// Knative Build's objects: build.knative.dev/v1alpha1 and, for their images, caching.internal.knative.dev/v1alpha1.

import type { Condition, KubeObject, Time } from './kube.js';
import type { Container, ContainerState, EnvVar, Volume } from './pod.js';

export const BUILD_GROUP = 'build.knative.dev';
export const BUILD_API_VERSION = 'build.knative.dev/v1alpha1';
export const BUILD_CANCELLED = 'BuildCancelled';

/** Where sources are put and steps begin, and the home of every step. */
export const BUILD_PATHS = { workspace: '/workspace', home: '/builder/home' } as const;

/** Volumes that a Build has without declaring them, mounted at `BUILD_PATHS`. */
export const BUILD_VOLUMES = { workspace: 'workspace', home: 'home', secretPrefix: 'secret-volume-' } as const;

export interface GitSource {
  url: string;
  /** Branch, tag, commit or ref. */
  revision: string;
}
export interface GcsSource {
  type?: 'Archive' | 'Manifest' | (string & {});
  /** `gs://bucket/object`. */
  location?: string;
}
/** One of `git`, `gcs`, `custom`. */
export interface BuildSource {
  name?: string;
  git?: GitSource;
  gcs?: GcsSource;
  custom?: Omit<Container, 'name'> & { name?: string };
  /** What of the source the steps see as /workspace. */
  subPath?: string;
  /** Directory of the source below /workspace. */
  targetPath?: string;
}
/** A container of a Build; without a name it is called by its place. */
export type BuildStep = Omit<Container, 'name'> & { name?: string };

export interface TemplateArgument {
  name: string;
  value: string;
}
/** `spec.template` of a Build: which template, and with what. */
export interface TemplateUse {
  name: string;
  /** `BuildTemplate` where it is not given. */
  kind?: 'BuildTemplate' | 'ClusterBuildTemplate' | (string & {});
  arguments?: TemplateArgument[];
  /** Set on every step of the template, over what the step says itself. */
  env?: EnvVar[];
}
export interface BuildSpec {
  generation?: number;
  source?: BuildSource;
  sources?: BuildSource[];
  steps?: BuildStep[];
  volumes?: Volume[];
  serviceAccountName?: string;
  template?: TemplateUse;
  nodeSelector?: Record<string, string>;
  affinity?: unknown;
  /** Go duration. */
  timeout?: string;
  /** `BuildCancelled`. Knative's own type has no JSON name for the field, so it is written both ways. */
  status?: string;
  Status?: string;
}
export interface BuildStepState extends ContainerState {
  /** The step's name; Knative leaves states without names. */
  name?: string;
}
/** What a source turned out to be. Knative tells nothing of it. */
export interface BuildSourceState {
  name: string;
  git?: { url: string; commit?: string; author?: string; date?: string };
}
export interface BuildStatus {
  builder?: 'Cluster';
  cluster?: { namespace: string; podName: string };
  startTime?: Time;
  completionTime?: Time;
  stepStates?: BuildStepState[];
  stepsCompleted?: string[];
  sources?: BuildSourceState[];
  conditions?: Condition[];
}
export interface Build extends KubeObject {
  spec: BuildSpec;
  status?: BuildStatus;
}

export interface TemplateParameter {
  name: string;
  description?: string;
  /** Without one the parameter must be given; an empty one is one. */
  default?: string;
}
export interface BuildTemplateSpec {
  generation?: number;
  parameters?: TemplateParameter[];
  steps?: BuildStep[];
  volumes?: Volume[];
}
/** Kind BuildTemplate, or ClusterBuildTemplate without a namespace. */
export interface BuildTemplate extends KubeObject {
  spec: BuildTemplateSpec;
  status?: { conditions?: Condition[] };
}

export interface ImageSpec {
  image: string;
  serviceAccountName?: string;
  imagePullSecrets?: { name: string }[];
}
/** An image that is wanted on the nodes before it is used. */
export interface Image extends KubeObject {
  spec: ImageSpec;
  status?: { conditions?: Condition[] };
}

/** Whether the user asked for the end of a Build, in either spelling. */
export function isBuildCancelled({ spec }: Pick<Build, 'spec'>): boolean {
  return spec.status === BUILD_CANCELLED || spec.Status === BUILD_CANCELLED;
}

/** All sources of a Build in order, whichever field holds them. */
export function sourcesOf({ source, sources }: Pick<BuildSpec, 'source' | 'sources'>): readonly BuildSource[] {
  return source === undefined ? (sources ?? []) : [source, ...(sources ?? [])];
}
