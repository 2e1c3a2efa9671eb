import {
  parseMirrors,
  problemsOfKept,
  type KeptByOutcome,
  type Mirror,
  type PodTemplate,
  type WorkspaceBinding,
} from '@slipway/contracts';
import { isNetwork } from '@slipway/guarded-http';
import { EnvReader, type BusConfig, type Env } from '@slipway/service';
import { parse } from 'yaml';
import type { FailureReasons } from './core/pod-status.js';

export interface ExecutorConfig extends BusConfig {
  /** Health and metrics. */
  host: string;
  port: number;
  /** Holder of leases and name of the node: stable over restarts, unlike any other replica's. */
  instance: string;
  logLevel: string;
  logFormat: 'json' | 'text';
  /** What runs pods: processes of this machine, or nothing at all, for measuring the platform itself. */
  runtime: 'process' | 'kubernetes' | 'faked';
  /** With the runtime `kubernetes`, and with no other. */
  cluster?: ClusterConfig;
  /** Where pods keep their files on this machine. */
  stateDir: string;
  /** Folder of the entrypoint and the supervisor. */
  binDir: string;
  /** YAML list of what stands in for images. */
  imagesFile?: string;
  /** How the process runtime pulls images; undefined: it does not. */
  pull?: PullConfig;
  /** Keeps Image objects for templates and tasks; undefined: nobody does. */
  imageCache?: { systemNamespace: string };
  /** Folder of the node's mirror cache of git sources: steps see its door. */
  gitMirrorDir?: string;
  /** Pods die this long after their executor went away. Milliseconds. */
  graceMs: number;
  /** How long a faked pod runs. Milliseconds. */
  fakedRunMs: number;
  /** Reason of a TaskRun whose step failed: Tekton's before v1.12, or since. */
  stepFailureReason: FailureReasons;
  /** Of runs that name none. Milliseconds. */
  defaultTimeoutMs: number;
  /** What is bound to workspaces that a task requires and its run does not bind. */
  defaultWorkspace?: DefaultWorkspace;
  /** Below the pod template of every run. */
  defaultPodTemplate?: PodTemplate;
  /** Whether core Events are written. */
  events: boolean;
}

export interface ClusterConfig {
  /** Kubeconfigs; none: the service account of the pod that the executor is in. */
  kubeconfigs: string[];
  /** Which of several platforms on the cluster this is: stable, and a label of all that it makes there. */
  installation: string;
  /** Whether runs are objects of the cluster's own API, so that what is made for them can name them as owners. */
  namesOwners: boolean;
  /** Namespace of the installation: what is made in those of users goes with it. */
  installationNamespace?: string;
  /** Whether pods are kept from the metadata address of clouds, by a policy of their namespace. */
  networkPolicy: boolean;
  /** What brings the entrypoint into pods. */
  entrypointImage: string;
  /** What has the programs of the steps that Slipway adds: its own image. */
  resourceStepsImage: string;
  /** Whether pods find it in a secret of their namespace, where the cluster has no image volumes. */
  entrypointSecret: boolean;
  /** Of containers that do not say; the cluster's own rule when absent. */
  imagePullPolicy?: string;
  /** Brings images of templates onto nodes before a pod needs them; undefined: nobody does. */
  pullAhead?: { nodeSelector: string; concurrency: number };
  requestsPerSecond: number;
  requestsBurst: number;
  /** How long ended pods are kept where a namespace has no RetentionPolicy. Absent: as long as their runs. */
  podRetention?: KeptByOutcome;
}

export interface PullConfig {
  /** `prefer`: the host stands in for an image that cannot be had; `require`: the pod waits, and fails at last. */
  mode: 'prefer' | 'require';
  allowedNetworks: string[];
  mirrors: Mirror[];
  plainRegistries: string[];
  /** Pulls at the same time. */
  concurrency: number;
  /** Of one pull. Milliseconds. */
  timeoutMs: number;
  limits: { imageBytes: number; files: number; layers: number };
  /** What all pulled images together may take. */
  storeBytes: number;
}

/** A binding without the name. */
export type DefaultWorkspace = Omit<WorkspaceBinding, 'name'>;

const HOUR_MS = 3_600_000;

/** Throws SlipwayError('invalid') that lists every problem. */
export function loadConfig(env: Env): ExecutorConfig {
  const read = new EnvReader(env);
  const imagesFile = read.optional('IMAGES_FILE');
  const runtime = read.oneOf('RUNTIME', ['process', 'kubernetes', 'faked'], 'process');
  const gitMirrorDir = read.optional('GIT_MIRROR_DIR');
  const keepsImages = read.flag('IMAGE_CACHE', true);
  const systemNamespace = read.text('SYSTEM_NAMESPACE', 'slipway-system');
  const config: ExecutorConfig = {
    ...read.bus(),
    host: read.text('HOST', '127.0.0.1'),
    port: read.port('PORT', 8083),
    instance: read.text('INSTANCE', 'executor-0'),
    logLevel: read.logLevel(),
    logFormat: read.logFormat(),
    runtime,
    ...(runtime === 'kubernetes' ? { cluster: readCluster(read) } : {}),
    stateDir: read.text('STATE_DIR', '/var/lib/slipway/pods'),
    binDir: read.text('BIN_DIR', '/usr/local/lib/slipway/bin'),
    ...(imagesFile === undefined ? {} : { imagesFile }),
    ...(runtime === 'process' ? readPull(read) : {}),
    ...(gitMirrorDir === undefined ? {} : { gitMirrorDir }),
    ...(keepsImages ? { imageCache: { systemNamespace } } : {}),
    graceMs: read.integer('POD_GRACE_MS', 10 * 60_000),
    fakedRunMs: read.integer('FAKED_RUN_MS', 0),
    stepFailureReason: read.oneOf('STEP_FAILURE_REASON', ['Failed', 'StepFailed'], 'StepFailed'),
    defaultTimeoutMs: read.integer('DEFAULT_TIMEOUT_MS', HOUR_MS),
    ...readDefaultWorkspace(read),
    ...readDefaultPodTemplate(read),
    events: read.flag('EVENTS', true),
  };
  read.done();
  return config;
}

const PULL_POLICIES = ['', 'Always', 'IfNotPresent', 'Never'] as const;

function readCluster(read: EnvReader): ClusterConfig {
  const installationNamespace = read.optional('CLUSTER_NAMESPACE');
  const imagePullPolicy = read.oneOf('IMAGE_PULL_POLICY', PULL_POLICIES, '');
  return {
    kubeconfigs: (read.optional('KUBECONFIG') ?? '').split(':').filter((file) => file !== ''),
    installation: read.text('INSTALLATION', 'slipway'),
    namesOwners: read.flag('OWNER_REFERENCES', false),
    ...(installationNamespace === undefined ? {} : { installationNamespace }),
    networkPolicy: read.flag('NETWORK_POLICY', false),
    entrypointImage: read.text('ENTRYPOINT_IMAGE', 'slipway/entrypoint:0.1.0'),
    resourceStepsImage: read.text('RESOURCE_STEPS_IMAGE', 'slipway:0.1.0'),
    entrypointSecret: read.flag('ENTRYPOINT_SECRET', true),
    ...(imagePullPolicy === '' ? {} : { imagePullPolicy }),
    ...readPullAhead(read),
    requestsPerSecond: read.integer('KUBERNETES_QPS', 100, { min: 1 }),
    requestsBurst: read.integer('KUBERNETES_BURST', 200, { min: 1 }),
    ...readPodRetention(read),
  };
}

/** The `pods` of a RetentionPolicy, as YAML. */
function readPodRetention(read: EnvReader): Pick<ClusterConfig, 'podRetention'> {
  const name = 'POD_RETENTION';
  const text = read.optional(name);
  if (text === undefined) return {};
  const kept = mappingIn(text);
  const bad = (why: string): object =>
    read.problem(`${name} must say how long ended pods are kept, such as "{succeeded: {for: 1h}}": ${why}`, {});
  if (kept === undefined || Object.keys(kept).length === 0) return bad('it is no map');
  for (const [outcome, limits] of Object.entries(kept)) {
    if (outcome !== 'succeeded' && outcome !== 'failed') return bad(`there is no outcome "${outcome}"`);
    if (typeof limits !== 'object' || limits === null) return bad(`${outcome} is no map`);
    const [problem] = problemsOfKept(limits);
    if (problem !== undefined) return bad(`${outcome}.${problem.field} ${problem.message}`);
  }
  return { podRetention: kept };
}

function readPullAhead(read: EnvReader): Pick<ClusterConfig, 'pullAhead'> {
  const isOn = read.flag('IMAGE_PULL_AHEAD', false);
  const nodeSelector = read.text('IMAGE_PULL_NODES', '');
  const concurrency = read.integer('IMAGE_PULLS', 4, { min: 1, max: 64 });
  return isOn ? { pullAhead: { nodeSelector, concurrency } } : {};
}

const GIB = 2 ** 30;

function readPull(read: EnvReader): Pick<ExecutorConfig, 'pull'> {
  const mode = read.oneOf('IMAGE_PULL', ['off', 'prefer', 'require'], 'off');
  const mirrors = parseMirrors(read.text('REMOTE_MIRRORS', ''));
  if (mirrors === undefined) read.problem('REMOTE_MIRRORS must be pairs <from URL>=<to URL>', 0);
  const allowedNetworks = read.list('ALLOWED_NETWORKS');
  for (const entry of allowedNetworks) {
    if (!isNetwork(entry)) read.problem(`ALLOWED_NETWORKS has "${entry}", which is neither a network nor a host`, 0);
  }
  const pull = {
    allowedNetworks,
    mirrors: mirrors ?? [],
    plainRegistries: read.list('REMOTE_PLAIN_REGISTRIES'),
    concurrency: read.integer('IMAGE_PULLS', 4, { min: 1, max: 64 }),
    timeoutMs: read.integer('IMAGE_PULL_TIMEOUT_MS', 10 * 60_000, { min: 1 }),
    limits: {
      imageBytes: read.integer('IMAGE_MAX_BYTES', 10 * GIB, { min: 1 }),
      files: read.integer('IMAGE_MAX_FILES', 1_000_000, { min: 1 }),
      layers: 127, // as many as other engines take
    },
    storeBytes: read.integer('IMAGE_STORE_BYTES', 20 * GIB, { min: 1 }),
  };
  return mode === 'off' ? {} : { pull: { mode, ...pull } };
}

const SOURCES = ['emptyDir', 'persistentVolumeClaim', 'volumeClaimTemplate', 'configMap', 'secret', 'projected'];

function readDefaultWorkspace(read: EnvReader): Pick<ExecutorConfig, 'defaultWorkspace'> {
  const name = 'DEFAULT_TASK_RUN_WORKSPACE_BINDING';
  const text = read.optional(name);
  if (text === undefined) return {};
  const binding = mappingIn(text);
  const isBinding = binding !== undefined && Object.keys(binding).some((key) => SOURCES.includes(key));
  return isBinding
    ? { defaultWorkspace: binding }
    : read.problem(`${name} must be a workspace binding such as "emptyDir: {}", not "${text}"`, {});
}

function readDefaultPodTemplate(read: EnvReader): Pick<ExecutorConfig, 'defaultPodTemplate'> {
  const name = 'DEFAULT_POD_TEMPLATE';
  const text = read.optional(name);
  if (text === undefined) return {};
  const template = mappingIn(text);
  return template === undefined
    ? read.problem(`${name} must be a pod template such as "nodeSelector: {disk: ssd}", not "${text}"`, {})
    : { defaultPodTemplate: template };
}

/** The mapping that a text of YAML is; undefined when it is none. */
function mappingIn(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = parse(text, { uniqueKeys: true, maxAliasCount: 0 });
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
