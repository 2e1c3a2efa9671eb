import { parseMirrors, type Mirror } from '@slipway/contracts';
import { isNetwork } from '@slipway/guarded-http';
import { EnvReader, type BusConfig, type Env } from '@slipway/service';
import type { KnownHosts } from './core/credentials.js';

export interface ResourcesConfig extends BusConfig {
  /** Port of health and metrics; undefined starts no server of its own. */
  port?: number;
  host: string;
  instance: string;
  logLevel: string;
  logFormat: 'json' | 'text';
  /** git settings for every git step: `url.<mirror>.insteadOf` and the like. */
  gitConfig: [key: string, value: string][];
  /** Networks and host names that may be asked for users although they are loopback, link-local or private. */
  allowedNetworks: string[];
  /** Whether ssh keys of users must come with the keys of their hosts. */
  sshKnownHosts: KnownHosts;
  /** `in-cluster` or a kubeconfig, where a cluster keeps the secrets and service accounts. */
  cluster?: string;
  remote: RemoteConfig;
  /** Where the mirror cache of git sources is; undefined: there is none. */
  gitMirror?: { folder: string; maxBytes: number };
}

/** How remote references are answered. */
export interface RemoteConfig {
  /** From the moment that a request is taken up. Milliseconds. */
  timeoutMs: number;
  /** Fetches at the same time; a namespace has a quarter of them. */
  concurrency: number;
  /** Prefixes of URLs that are fetched from elsewhere. */
  mirrors: Mirror[];
  /** Registries that speak no TLS, as `host` or `host:port`. */
  plainRegistries: string[];
  /** Where the git program is: a search path. */
  programPath: string;
  artifactHubUrl: string;
  tektonHubUrl: string;
  /** Namespaces that the cluster resolver opens to, and closes to, all others. */
  cluster: { allowed: string[]; blocked: string[] };
}

/** The only reader of environment variables in this service. Reports every problem at once. */
export function loadConfig(env: Env): ResourcesConfig {
  const read = new EnvReader(env);
  const cluster = read.optional('CLUSTER');
  const config: ResourcesConfig = {
    port: read.port('PORT', 8084),
    host: read.text('HOST', '127.0.0.1'),
    ...read.bus(),
    instance: read.text('INSTANCE', 'resources-0'),
    logLevel: read.logLevel(),
    logFormat: read.logFormat(),
    gitConfig: readGitConfig(read),
    allowedNetworks: readNetworks(read),
    sshKnownHosts: read.oneOf('SSH_KNOWN_HOSTS', ['required', 'accept-new'], 'accept-new'),
    ...(cluster === undefined ? {} : { cluster }),
    remote: readRemote(read),
    ...readGitMirror(read),
  };
  read.done();
  return config;
}

/** The variables by which git itself takes settings: GIT_CONFIG_COUNT, GIT_CONFIG_KEY_0, GIT_CONFIG_VALUE_0, … */
function readGitConfig(read: EnvReader): [key: string, value: string][] {
  const count = read.integer('GIT_CONFIG_COUNT', 0, { min: 0, max: 1000 });
  return Array.from({ length: count }, (_, i) => [
    read.text(`GIT_CONFIG_KEY_${i}`),
    read.text(`GIT_CONFIG_VALUE_${i}`, ''),
  ]);
}

function readGitMirror(read: EnvReader): Pick<ResourcesConfig, 'gitMirror'> {
  const folder = read.optional('GIT_MIRROR_DIR');
  const maxBytes = read.integer('GIT_MIRROR_BYTES', 10 * 2 ** 30, { min: 1 << 20 });
  return folder === undefined ? {} : { gitMirror: { folder, maxBytes } };
}

/** A list with commas: `10.0.0.0/8,127.0.0.1,sink.example`. */
function readNetworks(read: EnvReader): string[] {
  return read
    .list('ALLOWED_NETWORKS')
    .filter(
      (entry) =>
        isNetwork(entry) ||
        read.problem(`ALLOWED_NETWORKS has "${entry}", which is neither a network nor a host`, false),
    );
}

function readRemote(read: EnvReader): RemoteConfig {
  const mirrors = parseMirrors(read.text('REMOTE_MIRRORS', ''));
  if (mirrors === undefined) read.problem('REMOTE_MIRRORS must be pairs <from URL>=<to URL>', 0);
  return {
    timeoutMs: read.integer('REMOTE_TIMEOUT_MS', 60_000, { min: 1 }),
    concurrency: read.integer('REMOTE_CONCURRENCY', 16, { min: 1, max: 256 }),
    mirrors: mirrors ?? [],
    plainRegistries: read.list('REMOTE_PLAIN_REGISTRIES'),
    programPath: read.text('PATH', '/usr/bin:/bin'),
    artifactHubUrl: read.text('ARTIFACT_HUB_API', 'https://artifacthub.io'),
    tektonHubUrl: read.text('TEKTON_HUB_API', 'https://api.hub.tekton.dev'),
    cluster: {
      allowed: read.list('CLUSTER_RESOLVER_NAMESPACES'),
      blocked: read.list('CLUSTER_RESOLVER_BLOCKED'),
    },
  };
}
