// The only reader of the environment of the command line.

import { homedir } from 'node:os';
import { join } from 'node:path';

export interface CliConfig {
  /** Files of `$KUBECONFIG`, in order; empty when it is not set. */
  kubeconfigs: string[];
  /** Where `slipway up` keeps everything, unless `--data` says otherwise. */
  dataDir: string;
  /** False with `NO_COLOR`, `TERM=dumb` and `CI`. */
  mayDraw: boolean;
  mayColor: boolean;
  /** Of the services that run in this process; each command has its own default. */
  logLevel?: string;
  /** The checkout or installation. */
  home: string;
  /** The programs that pods see. */
  binDir: string;
  /** Settings of the resources service, in its own variables: what its steps and requests may reach, and by which way. */
  resources: Record<string, string>;
  /** Settings of registry and scheduler, in their own variables. */
  limits: Record<string, string>;
  /** Where the state of a platform is that is not in a data folder, in its services' own variables. */
  state: { database?: string; logs?: string };
  /** Settings of the executor, in its own variables. */
  executor: Record<string, string>;
}

export function loadConfig(env: Record<string, string | undefined>, home: string): CliConfig {
  const state = env['XDG_STATE_HOME'];
  const dumb = env['TERM'] === 'dumb';
  return {
    kubeconfigs: (env['KUBECONFIG'] ?? '').split(':').filter((path) => path !== ''),
    dataDir: join(state !== undefined && state !== '' ? state : join(homedir(), '.local', 'state'), 'slipway'),
    mayDraw: !dumb && (env['CI'] ?? '') === '',
    mayColor: !dumb && (env['NO_COLOR'] ?? '') === '',
    ...(env['LOG_LEVEL'] === undefined ? {} : { logLevel: env['LOG_LEVEL'] }),
    home,
    binDir: env['SLIPWAY_BIN_DIR'] ?? join(home, '.slipway', 'bin'),
    resources: variables(env, OF_RESOURCES),
    state: {
      ...(env['DATABASE'] ? { database: env['DATABASE'] } : {}),
      ...(env['LOGS_DATA'] ? { logs: env['LOGS_DATA'] } : {}),
    },
    executor: variables(env, OF_EXECUTOR),
    limits: variables(env, [/^(MAX_MATRIX_COMBINATIONS|RETENTION)$/]),
  };
}

/** Variables of the services that `run` and `up` hand on. */
const OF_RESOURCES = [
  /^GIT_CONFIG_(COUNT|KEY_\d+|VALUE_\d+)$/,
  /^ALLOWED_NETWORKS$/,
  /^SSH_KNOWN_HOSTS$/,
  /^REMOTE_(TIMEOUT_MS|CONCURRENCY|MIRRORS|PLAIN_REGISTRIES)$/,
  /^(ARTIFACT|TEKTON)_HUB_API$/,
  /^CLUSTER_RESOLVER_(NAMESPACES|BLOCKED)$/,
];

const OF_EXECUTOR = [
  /^DEFAULT_TASK_RUN_WORKSPACE_BINDING$/,
  /^DEFAULT_POD_TEMPLATE$/,
  /^STEP_FAILURE_REASON$/,
  // How it pulls images; where from, the resources service has too.
  /^IMAGE_(PULL|PULLS|PULL_TIMEOUT_MS|PULL_AHEAD|PULL_NODES|MAX_BYTES|MAX_FILES|STORE_BYTES)$/,
  /^ALLOWED_NETWORKS$/,
  /^REMOTE_(MIRRORS|PLAIN_REGISTRIES)$/,
  // What the executor knows of a cluster, with --runtime kubernetes.
  /^(KUBECONFIG|INSTALLATION|ENTRYPOINT_(IMAGE|SECRET)|RESOURCE_STEPS_IMAGE|IMAGE_PULL_POLICY|POD_RETENTION|OWNER_REFERENCES|KUBERNETES_QPS|KUBERNETES_BURST)$/,
];

function variables(env: NodeJS.ProcessEnv, of: readonly RegExp[]): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => of.some((pattern) => pattern.test(entry[0]))),
  );
}
