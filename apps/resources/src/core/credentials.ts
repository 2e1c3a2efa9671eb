// Credentials: which secrets of the service account every step gets, and for which hosts.
//
// A secret counts when it is annotated with `tekton.dev/git-<n>` or `tekton.dev/docker-<n>` (basic-auth, ssh-auth), or when
// its type says it all (dockercfg, dockerconfigjson). The entrypoint of each step turns them into ~/.gitconfig,
// ~/.git-credentials, ~/.ssh and ~/.docker/config.json. Values never leave the secret volume: arguments name it only.
//
//   C1. An annotation becomes a line of a configuration file: nothing in it could end the line or begin another one.

import { ANNOTATIONS, SlipwayError, stableSuffix, type CredentialPlan, type Secret } from '@slipway/contracts';
import { hostAddress, repositoryAddress, sshTarget, type SshTarget } from './ssh-target.js';

/** Whether the key of an ssh host has to stand in the secret, or is taken when the host first shows it. */
export type KnownHosts = 'required' | 'accept-new';

export interface CredentialPolicy {
  knownHosts: KnownHosts;
}

const MOUNTS = '/tekton/creds-secrets';
const GIT = /^(?:tekton\.dev|build\.knative\.dev)\/git-/;
const DOCKER = /^(?:tekton\.dev|build\.knative\.dev)\/docker-/;

/**
 * What steps get of a service account's secrets.
 *
 * Errors  SlipwayError('invalid'), BadSecretAnnotation or KnownHostsRequired, naming the secret and no value of it.
 */
export function planCredentials(secrets: readonly Secret[], seed: string, policy: CredentialPolicy): CredentialPlan {
  const plan: CredentialPlan = { volumes: [], volumeMounts: [], entrypointArgs: [], env: [] };
  const hosts = { withPassword: new Set(secrets.flatMap(httpsHosts)), keys: keysByHost(secrets) };
  for (const secret of secrets) {
    const args = entrypointArgs(secret, hosts, policy);
    if (args.length === 0) continue;
    const { name } = secret.metadata;
    const volume = `tekton-internal-secret-volume-${stableSuffix(`${seed}/${name}`, 16)}`; // names may be longer than a volume's
    plan.volumes.push({ name: volume, secret: { secretName: name } });
    plan.volumeMounts.push({ name: volume, mountPath: `${MOUNTS}/${name}`, readOnly: true });
    plan.entrypointArgs.push(...args);
  }
  return plan;
}

interface Hosts {
  /** Hosts that a password is there for: what is cloned from them over https stays there. */
  withPassword: ReadonlySet<string>;
  /** Names of the secrets with a key for a host. */
  keys: ReadonlyMap<string, ReadonlySet<string>>;
}

function entrypointArgs(secret: Secret, hosts: Hosts, policy: CredentialPolicy): string[] {
  const { name } = secret.metadata;
  switch (secret.type ?? '') {
    case 'kubernetes.io/basic-auth':
      return [
        ...values(secret, DOCKER).map((url) => `-basic-docker=${name}=${registry(url, name)}`),
        ...values(secret, GIT).map((url) => `-basic-git=${name}=${url}`),
      ];
    case 'kubernetes.io/ssh-auth':
      return sshArgs(secret, hosts, policy);
    case 'kubernetes.io/dockerconfigjson':
      return [`-docker-config=${name}`];
    case 'kubernetes.io/dockercfg':
      return [`-docker-cfg=${name}`];
    default:
      return [];
  }
}

function sshArgs(secret: Secret, hosts: Hosts, policy: CredentialPolicy): string[] {
  const { name } = secret.metadata;
  const targets = sshTargets(secret);
  if (targets.length > 0) checkKnownHosts(secret, policy);
  const isAlone = ({ host }: SshTarget): boolean => hosts.keys.get(host)?.size === 1;
  const whole = targets.map(hostAddress);
  const single = targets.filter((target) => target.path !== '' && !isAlone(target)).map(repositoryAddress);
  const insteadOf = [...single, ...targets.filter(isAlone).map(hostAddress)].flatMap((address) => address.insteadOf);
  const wanted = insteadOf.filter(([original]) => !hosts.withPassword.has(hostOf(original) ?? ''));
  return [
    ...new Set([...single, ...whole].map(({ address }) => `-ssh-git=${name}=${address}`)),
    ...new Set(wanted.map(([original, target]) => `-git_instead_of=${original} ${target}`)),
  ];
}

function sshTargets(secret: Secret): SshTarget[] {
  if (secret.type !== 'kubernetes.io/ssh-auth') return [];
  return values(secret, GIT).map((value) => {
    const target = sshTarget(value);
    if (target === undefined) throw bad(secret.metadata.name, `names "${value}", which is no host of ssh`);
    return target;
  });
}

function keysByHost(secrets: readonly Secret[]): Map<string, Set<string>> {
  const keys = new Map<string, Set<string>>();
  for (const secret of secrets) {
    for (const { host } of sshTargets(secret)) keys.set(host, (keys.get(host) ?? new Set()).add(secret.metadata.name));
  }
  return keys;
}

function httpsHosts(secret: Secret): string[] {
  if (secret.type !== 'kubernetes.io/basic-auth') return [];
  return values(secret, GIT).flatMap((url) => hostOf(url) ?? []);
}

/** Of an http or https URL. */
function hostOf(url: string): string | undefined {
  return /^https?:\/\/(?:[^@/]*@)?([^/:]+)/i.exec(url)?.[1];
}

/** Sorted by value, and each once: two annotations may say the same. */
function values(secret: Secret, pattern: RegExp): string[] {
  const { name, annotations = {} } = secret.metadata;
  const found = Object.keys(annotations).filter((key) => pattern.test(key));
  return [...new Set(found.map((key) => checked(annotations[key]!, name)))].sort();
}

/** C1 */
function checked(value: string, secret: string): string {
  if (value === '' || value.startsWith('-') || /[\u0000-\u0020\u007f"'\\`$]/.test(value)) {
    throw bad(secret, 'names no host or URL');
  }
  if (/^[^/]*:\/\/[^/@]*:[^/@]*@/.test(value)) throw bad(secret, 'has a password in it, which everybody could read');
  return value;
}

/** Docker's own registry has one name under which its clients look for a login. */
function registry(url: string, secret: string): string {
  if (/^index\.docker\.io\/?$/.test(url)) {
    throw bad(secret, 'names index.docker.io, under which no client looks', 'Use https://index.docker.io/v1/.');
  }
  return url;
}

function checkKnownHosts({ metadata, data, stringData }: Secret, { knownHosts }: CredentialPolicy): void {
  const own = metadata.annotations?.[ANNOTATIONS.knownHosts];
  if (own !== undefined && own !== 'required' && own !== 'accept-new') {
    throw bad(metadata.name, `says ${ANNOTATIONS.knownHosts}: "${own}", which is neither required nor accept-new`);
  }
  if (knownHosts !== 'required' && own !== 'required') return; // a secret may ask for more than the platform, not for less
  if ((data?.['known_hosts'] ?? stringData?.['known_hosts'] ?? '') !== '') return;
  throw new SlipwayError(
    'invalid',
    'KnownHostsRequired',
    `Secret "${metadata.name}" has no known_hosts, and ${own === 'required' ? 'its annotation' : 'this platform'} requires it for ssh.`,
    { hint: 'Put the line that `ssh-keyscan HOST` prints, once you have compared it, under the key known_hosts.' },
  );
}

function bad(secret: string, problem: string, hint?: string): SlipwayError {
  const message = `An annotation of secret "${secret}" ${problem}.${hint === undefined ? '' : ` ${hint}`}`;
  return new SlipwayError('invalid', 'BadSecretAnnotation', message);
}
