import type { Container, Pod } from '@slipway/contracts';
import { planCgroups, podGroups, type Cgroups } from './cgroups.js';
import { usesOwnNetwork } from './network.js';
import { encodePlan, encodeWords } from './plan-file.js';
import { safeName } from './pod-folder.js';

const pod = (containers: Partial<Container>[], more: Partial<Pod['spec']> = {}, annotations = {}): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p', annotations },
  spec: { containers: containers.map((container) => ({ name: 'c', ...container })), ...more },
});

const networks: [what: string, pod: Pod, own: boolean][] = [
  ['steps alone are on the host', pod([{ name: 'step-a' }, { name: 'step-b' }]), false],
  ['a sidecar gets the pod its own', pod([{ name: 'step-a' }, { name: 'sidecar-db' }]), true],
  ['a declared port too', pod([{ ports: [{ containerPort: 80 }] }]), true],
  ['and a probe over the network', pod([{ readinessProbe: { tcpSocket: { port: 80 } } }]), true],
  ['of its start too', pod([{ startupProbe: { httpGet: { port: 80 } } }]), true],
  ['but not one by command', pod([{ readinessProbe: { exec: { command: ['x'] } } }]), false],
  ['who asks for the host gets it', pod([{ name: 'sidecar-db' }], { hostNetwork: true }), false],
  ['an annotation decides for the host', pod([{ name: 'sidecar-db' }], {}, { 'slipway.dev/network': 'host' }), false],
  ['an annotation decides for the pod', pod([{}], {}, { 'slipway.dev/network': 'pod' }), true],
];
test.each(networks)('network: %s', (_what, given, own) => {
  expect(usesOwnNetwork(given)).toBe(own);
});

const v1: Cgroups = { version: 1, memory: '/m', cpu: '/c', pids: '/p' };
const limits = { resources: { limits: { memory: '64Mi', cpu: '250m' } } };
const groups: [
  what: string,
  cgroups: Cgroups,
  container: Partial<Container>,
  folders: string[],
  values: string[],
  oom: string | undefined,
][] = [
  ['a container without limits stays in the group of its pod', v1, {}, [], [], undefined],
  [
    'every limit has its controller',
    v1,
    limits,
    ['/m/x', '/c/x'],
    [
      '/m/x/memory.limit_in_bytes=67108864',
      '/m/x/memory.memsw.limit_in_bytes=67108864',
      '/c/x/cpu.cfs_period_us=100000',
      '/c/x/cpu.cfs_quota_us=25000',
    ],
    '/m/x/memory.oom_control',
  ],
  [
    'what cannot be written is left out',
    { ...v1, memory: undefined, pids: undefined },
    limits,
    ['/c/x'],
    ['/c/x/cpu.cfs_period_us=100000', '/c/x/cpu.cfs_quota_us=25000'],
    undefined,
  ],
  [
    'version 2 has one folder',
    { version: 2, folder: '/g' },
    limits,
    ['/g/x'],
    ['/g/x/pids.max=4096', '/g/x/memory.max=67108864', '/g/x/memory.swap.max=0', '/g/x/cpu.max=25000 100000'],
    '/g/x/memory.events',
  ],
  ['without cgroups there is nothing', { version: 0 }, limits, [], [], undefined],
];
test.each(groups)('cgroups: %s', (_what, cgroups, container, folders, values, oom) => {
  const plan = planCgroups(cgroups, 'x', { name: 'c', ...container });
  expect(plan.folders).toEqual(folders);
  expect(plan.values.map(({ file, value }) => `${file}=${value}`)).toEqual(values);
  expect(plan.oomFile).toBe(oom);
});

test.each<[Cgroups, string | undefined]>([
  [v1, '/p'],
  [{ ...v1, pids: undefined }, undefined],
  [{ version: 2, folder: '/g' }, '/g'],
  [{ version: 0 }, undefined],
])('podGroups of %j are below %j', (cgroups, folder) => {
  expect(podGroups(cgroups)).toEqual(folder === undefined ? undefined : { folder, values: { 'pids.max': '4096' } });
});

test('a plan is words with a NUL behind each, a field before its values', () => {
  const bytes = encodePlan({
    ...{
      sandbox: '/b',
      changedFile: '/ch',
      holderFifo: '/h',
      graceMs: 1,
      deadlineMs: 2,
      terminationMs: 3,
      ownNetwork: true,
    },
    containers: [
      {
        ...{ name: 'c', kind: 'init', argumentsFile: '/a', logFile: '/l', stateFile: '/s', command: ['x', ''] },
        ...{
          subPaths: [{ fd: 20, volume: '/v', path: 'p', create: true }],
          mountPoints: [{ volume: '/v', subPath: 's', path: 'm' }],
          files: [{ fd: 10, path: '/f' }],
        },
        ...{ cgroups: ['/g'], cgroupValues: [{ file: '/g/v', value: '1' }], oomFile: '/o' },
      },
    ],
  });
  expect(bytes.toString().split('\0')).toEqual(
    'sandbox /b changed /ch holder /h grace-ms 1 deadline-ms 2 termination-ms 3 own-network 1 container c 0 arguments /a log /l state /s command 2 x  sub-path 20 /v p 1 mount-point /v s m file 10 /f cgroup /g cgroup-value /g/v 1 oom /o '.split(
      ' ',
    ),
  );
});

test('a NUL inside a word is refused: it would be two words', () => {
  expect(() => encodeWords(['a\0--bind\0/\0/'])).toThrow(/NUL/);
});

test.each(['..', '.', '', 'a/b', 'a..b', '-a', 'a\0b', 'x'.repeat(300)])('safeName refuses %j', (name) => {
  expect(() => safeName(name)).toThrow(/cannot be the name/);
});
