// Credentials: which secrets of the service account every step gets, and for which hosts.
//
// A secret counts when it is annotated with `tekton.dev/git-<n>` or `tekton.dev/docker-<n>` (basic-auth, ssh-auth), or when
// its type says it all (dockercfg, dockerconfigjson). The entrypoint of each step turns them into ~/.gitconfig,
// ~/.git-credentials, ~/.ssh and ~/.docker/config.json. Values never leave the secret volume: arguments name it only.

import { SlipwayError, stableSuffix, type CredentialPlan, type Secret } from '@slipway/contracts';

const MOUNTS = '/tekton/creds-secrets';
const GIT = /^(?:tekton\.dev|build\.knative\.dev)\/git-/;
const DOCKER = /^(?:tekton\.dev|build\.knative\.dev)\/docker-/;

export function planCredentials(secrets: readonly Secret[], seed: string): CredentialPlan {
  const plan: CredentialPlan = { volumes: [], volumeMounts: [], entrypointArgs: [], env: [] };
  for (const secret of secrets) {
    const args = entrypointArgs(secret);
    if (args.length === 0) continue;
    const { name } = secret.metadata;
    const volume = `tekton-internal-secret-volume-${stableSuffix(`${seed}/${name}`, 16)}`; // names may be longer than a volume's
    plan.volumes.push({ name: volume, secret: { secretName: name } });
    plan.volumeMounts.push({ name: volume, mountPath: `${MOUNTS}/${name}`, readOnly: true });
    plan.entrypointArgs.push(...args);
  }
  return plan;
}

function entrypointArgs(secret: Secret): string[] {
  const { name, annotations = {} } = secret.metadata;
  const values = (pattern: RegExp): string[] =>
    Object.keys(annotations)
      .filter((key) => pattern.test(key))
      .sort()
      .map((key) => checked(annotations[key]!, name));
  switch (secret.type ?? '') {
    case 'kubernetes.io/basic-auth':
      return [
        ...values(DOCKER).map((url) => `-basic-docker=${name}=${url}`),
        ...values(GIT).map((url) => `-basic-git=${name}=${url}`),
      ];
    case 'kubernetes.io/ssh-auth':
      return values(GIT).map((host) => `-ssh-git=${name}=${sshHost(host)}`);
    case 'kubernetes.io/dockerconfigjson':
      return [`-docker-config=${name}`];
    case 'kubernetes.io/dockercfg':
      return [`-docker-cfg=${name}`];
    default:
      return [];
  }
}

/** People annotate ssh keys with `https://github.com`, `ssh://git@host:22/` and `git@host:path`; ssh knows hosts. */
function sshHost(annotated: string): string {
  return annotated
    .replace(/^[a-z+]+:\/\//i, '')
    .replace(/^[^@/]*@/, '')
    .replace(/\/.*$/, '')
    .replace(/:(?!\d+$).*$/, '');
}

/** The value becomes a line of a configuration file: nothing that could end the line or begin another one. */
function checked(value: string, secret: string): string {
  if (value !== '' && !/[\u0000-\u0020"'\\`$]/.test(value)) return value;
  throw new SlipwayError('invalid', 'InvalidCredential', `An annotation of secret "${secret}" names no host or URL.`);
}
