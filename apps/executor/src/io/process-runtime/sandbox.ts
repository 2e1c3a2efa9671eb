// The arguments of bubblewrap for one container: a decision from plain data.

export interface SandboxMount {
  /** A path of the host, or a descriptor that the supervisor opens below a volume. */
  source: string | { fd: number };
  target: string;
  readOnly: boolean;
}

export type SandboxRoot =
  /** The host's programs below a fresh, writable root; the own files of /etc are copied from these descriptors. */
  | { kind: 'host'; layout: HostLayout; etcFds: readonly { name: string; fd: number }[] }
  /** A private copy of an image's root file system; files of the own /etc go to paths without links in them. */
  | { kind: 'image'; folder: string; etcFolder: string; etc: readonly { name: string; target: string }[] };

export interface HostLayout {
  /** Folders in the root that are links on this host: `/bin` → `usr/bin`. */
  links: readonly { path: string; target: string }[];
  /** Folders that are mounted read-only from the host: `/usr`, and those of the root that are no links. */
  readOnly: readonly string[];
  /** Names in /etc that the support folder has copies of. */
  etc: readonly string[];
  /** What stands in for busybox's shell, and the file that `/bin/sh` is; absent where the host has no such shell. */
  ash?: { program: string; sh: string };
}

export interface Sandbox {
  hostname: string;
  root: SandboxRoot;
  mounts: readonly SandboxMount[];
  environment: ReadonlyMap<string, string>;
  user: { uid: number; gid: number; groups: readonly number[] };
  /** Whether we are root, and so may really change users; otherwise one user namespace maps our own user. */
  asRoot: boolean;
  /**
   * Parts of /proc that are the whole machine's: its settings. The kernel lets every process of the real root write
   * them, whatever its capabilities, and bwrap leaves them open.
   */
  guardedProc: readonly string[];
  readOnlyRoot: boolean;
  /** Host path of the support folder: `init`, the program that changes the user inside, and copies of the host's /etc. */
  support: string;
}

/**
 * Where a container finds the support folder. As deep as /etc, so that the relative links in it lead to the same places.
 * One mount: each costs a quarter of a millisecond.
 */
const SUPPORT_PATH = '/.slipway';

/** Folders that every root has for what is mounted there whatever the pod says. */
export const SANDBOX_FOLDERS = ['proc', 'dev', SUPPORT_PATH.slice(1)] as const;

/** Whether a path of a container is, or is below, what no pod may put its volumes over. */
export function isProvided(path: string): boolean {
  return ['/proc', '/sys', '/dev', SUPPORT_PATH].some((own) => path === own || path.startsWith(`${own}/`));
}

/** Added to PATH of images whose shell is `ash`. */
export const ASH_PATH = `${SUPPORT_PATH}/ash`;

/** Files of our own making in every container's /etc, writable and private. */
export const OWN_ETC_FILES = ['passwd', 'group', 'hosts', 'hostname', 'resolv.conf', 'nsswitch.conf'] as const;

/**
 * What a container's root may do: a container engine's default without raw sockets and devices, which on the host's
 * network and disks would be the host's. Ordinary users of the container have none of them.
 */
const CAPABILITIES = [
  ...['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'KILL', 'SETGID', 'SETUID', 'SETPCAP', 'SETFCAP'],
  ...['NET_BIND_SERVICE', 'SYS_CHROOT'],
];

/** For `bwrap --args`. The environment is in here and not in bwrap's own: LD_PRELOAD would be at work outside. */
export function sandboxArguments(sandbox: Sandbox): string[] {
  return [
    ...['--unshare-pid', '--unshare-ipc', '--unshare-uts', '--hostname', sandbox.hostname],
    ...['--as-pid-1', '--die-with-parent'],
    ...identity(sandbox),
    ...rootFileSystem(sandbox.root),
    ...['--proc', '/proc', '--dev', '/dev', '--chmod', '1777', '/dev/shm'],
    ...(sandbox.asRoot ? sandbox.guardedProc.flatMap((path) => ['--ro-bind', path, path]) : []),
    ...['--ro-bind', sandbox.support, SUPPORT_PATH],
    ...mounted(byDepth(sandbox.mounts)),
    ...(sandbox.readOnlyRoot ? ['--remount-ro', '/'] : []),
    ...['--chdir', '/', '--clearenv'],
    ...[...sandbox.environment].flatMap(([name, value]) => ['--setenv', name, value]),
  ];
}

function identity({ asRoot, user }: Sandbox): string[] {
  if (!asRoot) return ['--unshare-user', '--uid', String(user.uid), '--gid', String(user.gid)];
  return ['--cap-drop', 'ALL', ...CAPABILITIES.flatMap((name) => ['--cap-add', `CAP_${name}`])];
}

function rootFileSystem(root: SandboxRoot): string[] {
  if (root.kind === 'image') {
    const etc = root.etc.flatMap(({ name, target }) => ['--bind', `${root.etcFolder}/${name}`, target]);
    return ['--bind', root.folder, '/', ...etc];
  }
  return [
    ...root.layout.links.flatMap(({ path, target }) => ['--symlink', target, path]),
    ...root.layout.readOnly.flatMap((path) => ['--ro-bind', path, path]),
    ...['--perms', '0755', '--dir', '/etc'],
    ...root.layout.etc.flatMap((name) => ['--symlink', `${SUPPORT_PATH}/${name}`, `/etc/${name}`]),
    ...root.etcFds.flatMap(({ name, fd }) => ['--perms', '0644', '--file', String(fd), `/etc/${name}`]),
    ...['/tmp', '/var/tmp'].flatMap((path) => ['--perms', '1777', '--dir', path]),
    ...['/run', '/home', '/var/run', '/var/cache', '/var/lib', '/var/log', '/opt', '/srv', '/mnt'].flatMap((path) => [
      ...['--perms', '0755', '--dir', path],
    ]),
    ...['--perms', '0700', '--dir', '/root'],
  ];
}

/** A mount below another must come after it. Otherwise in the order given. */
function byDepth(mounts: readonly SandboxMount[]): SandboxMount[] {
  const depth = ({ target }: SandboxMount): number => target.split('/').filter(Boolean).length;
  return [...mounts].sort((a, b) => depth(a) - depth(b));
}

/** Folders on the way to a mount that are nowhere yet are made for everybody to pass; bwrap itself would shut them. */
function mounted(mounts: readonly SandboxMount[]): string[] {
  const known = new Set<string>();
  return mounts.flatMap((one) => {
    const parents = ancestors(one.target).filter((path) => !known.has(path));
    for (const path of [...parents, one.target]) known.add(path);
    return [...parents.flatMap((path) => ['--perms', '0755', '--dir', path]), ...mount(one)];
  });
}

/** `/a/b/c` -> `/a`, `/a/b`. */
function ancestors(path: string): string[] {
  const parts = path.split('/').filter(Boolean);
  return parts.slice(0, -1).map((_, i) => `/${parts.slice(0, i + 1).join('/')}`);
}

function mount({ source, target, readOnly }: SandboxMount): string[] {
  const kind = readOnly ? '--ro-bind' : '--bind';
  return typeof source === 'string' ? [kind, source, target] : [`${kind}-fd`, String(source.fd), target];
}

/** What bwrap runs: the program that changes user and folder, then the command. */
export function commandLine(o: {
  user: Sandbox['user'];
  workingDir: string | undefined;
  /** False when the command itself passes signals on and reaps, as the entrypoint does. */
  needsInit: boolean;
  command: readonly string[];
}): string[] {
  const { uid, gid, groups } = o.user;
  return [
    ...[`${SUPPORT_PATH}/init`, 'run-as', ...(o.needsInit ? ['-init'] : []), '-status-fd', '4'],
    ...(o.workingDir === undefined ? [] : ['-chdir', o.workingDir]),
    ...[String(uid), String(gid), groups.length === 0 ? '-' : groups.join(','), '--', ...o.command],
  ];
}
