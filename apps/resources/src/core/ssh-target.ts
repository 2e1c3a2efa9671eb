// What an annotation of an ssh key says: which host the key is for, at which port, and of which repository.
// People write `host`, `host:port`, `https://host`, `ssh://git@host:22/path` and `git@host:path`; ssh knows hosts.

export interface SshTarget {
  user: string;
  host: string;
  /** Of ssh. */
  port?: string;
  /** Without a slash before and behind; empty for the whole host. */
  path: string;
  /** `https://host[:port]`, when it was annotated so. */
  httpOrigin?: string;
}

/** How ssh and git are told of a target. */
export interface SshAddress {
  /** `host`, `host:port`, or `alias=host:port` for a key of one repository. */
  address: string;
  /** Addresses that git is asked for -> the one that reaches the host by this key. */
  insteadOf: readonly (readonly [original: string, target: string])[];
}

const USER = 'git';
const SSH_PORT = '22';
const AUTHORITY = '(?:([^@/:]+)@)?(\\[[0-9a-f:]+\\]|[^@/:[\\]]+)';
const URL_FORM = new RegExp(`^([a-z][a-z+]*)://${AUTHORITY}(?::(\\d{1,5}))?(?:/(.*))?$`, 'i');
const SCP_FORM = new RegExp(`^${AUTHORITY}:(?!\\d{1,5}(?:/|$))(.+)$`, 'i');
const HOST_FORM = new RegExp(`^${AUTHORITY}(?::(\\d{1,5}))?(?:/(.*))?$`, 'i');
const NAME = /^[a-z0-9]([a-z0-9._-]*[a-z0-9])?$/i;
const ADDRESS = /^\[[0-9a-f:]+\]$/i;
const PATH = /^[A-Za-z0-9._~+-]+(\/[A-Za-z0-9._~+-]+)*$/;
const SCHEMES = ['http', 'https', 'ssh', 'git+ssh', 'ssh+git'];

/** Undefined where the text names no host of ssh. */
export function sshTarget(annotation: string): SshTarget | undefined {
  const target = ofUrl(annotation) ?? ofScpForm(annotation) ?? ofHost(annotation);
  if (target === undefined) return undefined;
  const { user, host, port, path } = target;
  const isHost = NAME.test(host) || ADDRESS.test(host);
  const isPath = path === '' || (PATH.test(path) && !path.split('/').includes('..'));
  return isHost && isPath && NAME.test(user) && Number(port ?? 1) <= 65535 ? target : undefined;
}

/** Of the only key of a host: it is for all that is there, whatever path was annotated. */
export function hostAddress({ user, host, port, path, httpOrigin }: SshTarget): SshAddress {
  const at = prefixOf(path);
  return {
    address: `${host}${port === undefined ? '' : `:${port}`}`,
    // Who names an https address for a key wants what is there to be cloned with it.
    insteadOf: httpOrigin === undefined ? [] : [[`${httpOrigin}/${at}`, `ssh://${user}@${host}/${at}`]],
  };
}

/** Of one of several keys of a host: a name for it that ssh alone knows, and that git puts in place of the host's. */
export function repositoryAddress({ user, host, port, path, httpOrigin }: SshTarget): SshAddress {
  const alias = `${host.replace(/[[\]:]/g, '')}--${path.replace(/\.git$/, '').replaceAll('/', '--')}`;
  const at = prefixOf(path);
  const originals = [
    ...(port === undefined || port === SSH_PORT ? [`${user}@${host}:${at}`, `ssh://${user}@${host}/${at}`] : []),
    `ssh://${user}@${host}:${port ?? SSH_PORT}/${at}`,
    ...(httpOrigin === undefined ? [] : [`${httpOrigin}/${at}`]),
  ];
  return {
    address: `${alias}=${host}${port === undefined ? '' : `:${port}`}`,
    insteadOf: originals.map((original) => [original, `ssh://${user}@${alias}/${at}`]),
  };
}

/** git compares the beginnings of addresses: `org` alone must not stand for `organisation`. */
function prefixOf(path: string): string {
  return path === '' || path.includes('/') || path.endsWith('.git') ? path : `${path}/`;
}

function ofUrl(text: string): SshTarget | undefined {
  const match = URL_FORM.exec(text);
  const scheme = match?.[1]?.toLowerCase() ?? '';
  if (match === null || !SCHEMES.includes(scheme)) return undefined;
  const [, , user, host = '', port, path = ''] = match;
  if (!scheme.startsWith('http')) return targetOf(user, host, port, path);
  return { ...targetOf(undefined, host, undefined, path), httpOrigin: `${scheme}://${withPort(host, port)}` };
}

function ofScpForm(text: string): SshTarget | undefined {
  const match = SCP_FORM.exec(text);
  return match === null || text.includes('://')
    ? undefined
    : targetOf(match[1], match[2] ?? '', undefined, match[3] ?? '');
}

function ofHost(text: string): SshTarget | undefined {
  const match = HOST_FORM.exec(text);
  return match === null ? undefined : targetOf(match[1], match[2] ?? '', match[3], match[4] ?? '');
}

function targetOf(user = USER, host: string, port: string | undefined, path: string): SshTarget {
  return { user, host, path: path.replace(/^\/+|\/+$/g, ''), ...(port === undefined ? {} : { port }) };
}

function withPort(host: string, port: string | undefined): string {
  return port === undefined ? host : `${host}:${port}`;
}
