import { OWN_ETC_FILES, commandLine, sandboxArguments, type Sandbox } from './sandbox.js';

const base: Sandbox = {
  hostname: 'box',
  root: {
    kind: 'host',
    layout: { links: [{ path: '/bin', target: 'usr/bin' }], readOnly: ['/usr'], etc: ['ssl'] },
    etcFds: [{ name: 'passwd', fd: 10 }],
  },
  mounts: [],
  environment: new Map([['A', 'x y']]),
  user: { uid: 0, gid: 0, groups: [] },
  asRoot: true,
  guardedProc: ['/proc/sys'],
  readOnlyRoot: false,
  support: '/s',
};
const text = (sandbox: Partial<Sandbox>): string => sandboxArguments({ ...base, ...sandbox }).join(' ');

const table: [what: string, sandbox: Partial<Sandbox>, has: string[], hasNot: string[]][] = [
  [
    'a namespace of processes that dies with its parent',
    {},
    ['--unshare-pid', '--as-pid-1', '--die-with-parent'],
    ['--unshare-net', '--unshare-user'],
  ],
  [
    'no capability but a chosen few, as root',
    {},
    ['--cap-drop ALL', '--cap-add CAP_CHOWN'],
    ['CAP_NET_RAW', 'CAP_MKNOD', 'CAP_SYS_ADMIN', 'CAP_DAC_READ_SEARCH'],
  ],
  [
    'a user namespace of one user, as anybody else',
    { asRoot: false, user: { uid: 7, gid: 8, groups: [] } },
    ['--unshare-user --uid 7 --gid 8'],
    ['--cap-add', '/proc/sys'],
  ],
  [
    "the host's programs, read-only",
    {},
    ['--ro-bind /usr /usr', '--symlink usr/bin /bin', '--symlink /.slipway/ssl /etc/ssl', '--file 10 /etc/passwd'],
    ['--bind /usr', '/etc/shadow'],
  ],
  [
    "an image's root, with our files in its /etc",
    {
      root: {
        kind: 'image',
        folder: '/r',
        etcFolder: '/e',
        etc: OWN_ETC_FILES.map((name) => ({ name, target: `/etc/${name}` })),
      },
    },
    ['--bind /r /', '--bind /e/hosts /etc/hosts'],
    ['/usr'],
  ],
  ["the machine's settings closed", {}, ['--proc /proc', '--ro-bind /proc/sys /proc/sys'], []],
  ['its own root closed, when asked', { readOnlyRoot: true }, ['--remount-ro /'], []],
  ['the environment here, and none of ours', {}, ['--clearenv --setenv A x y'], []],
  [
    'volumes, by folder or descriptor',
    {
      mounts: [
        { source: '/v', target: '/a', readOnly: false },
        { source: { fd: 20 }, target: '/b', readOnly: true },
      ],
    },
    ['--bind /v /a', '--ro-bind-fd 20 /b'],
    [],
  ],
];
test.each(table)('a sandbox has %s', (_what, sandbox, has, hasNot) => {
  const all = text(sandbox);
  for (const part of has) expect(all).toContain(part);
  for (const part of hasNot) expect(all).not.toContain(part);
});

test('a mount below another comes after it, whatever the order given', () => {
  const mounts = ['/a/b/c', '/a', '/z', '/a/b'].map((target) => ({ source: target, target, readOnly: false }));
  const targets = sandboxArguments({ ...base, mounts }).filter(
    (word, i, all) => all[i - 2] === '--bind' && word === all[i - 1],
  );
  expect(targets).toEqual(['/a', '/z', '/a/b', '/a/b/c']);
});

test('/proc is closed before anything of the pod is mounted', () => {
  const all = text({ mounts: [{ source: '/v', target: '/a', readOnly: false }] });
  expect(all.indexOf('--ro-bind /proc/sys')).toBeLessThan(all.indexOf('--bind /v /a'));
});

test('the command runs behind the program that changes the user', () => {
  const user = { uid: 1, gid: 2, groups: [3, 4] };
  expect(commandLine({ user, workingDir: '/w', needsInit: true, command: ['a', '-x'] })).toEqual([
    '/.slipway/init',
    'run-as',
    '-init',
    '-status-fd',
    '4',
    '-chdir',
    '/w',
    '1',
    '2',
    '3,4',
    '--',
    'a',
    '-x',
  ]);
  expect(
    commandLine({ user: { ...user, groups: [] }, workingDir: undefined, needsInit: false, command: ['a'] }),
  ).toEqual(['/.slipway/init', 'run-as', '-status-fd', '4', '1', '2', '-', '--', 'a']);
});

test('folders on the way to a mount are made once, for every user to pass, before it', () => {
  const mounts = ['/tekton/run/0', '/tekton/bin', '/w'].map((target) => ({ source: '/v', target, readOnly: false }));
  const all = sandboxArguments({ ...base, mounts });
  const made = all.flatMap((word, i) => (word === '--dir' ? [`${all[i - 1]} ${all[i + 1]}`] : []));
  expect(made.filter((one) => one.endsWith(' /tekton'))).toEqual(['0755 /tekton']);
  expect(made.filter((one) => one.endsWith(' /tekton/run'))).toEqual(['0755 /tekton/run']);
  expect(all.indexOf('/tekton')).toBeLessThan(all.indexOf('/tekton/bin'));
});
