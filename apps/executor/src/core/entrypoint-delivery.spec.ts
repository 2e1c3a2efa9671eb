import type { OrderedStep } from '@slipway/contracts';
import { deliverEntrypoint, needsEntrypoint, type Delivery, type EntrypointWork } from './entrypoint-delivery.js';

const host: Delivery = { kind: 'host', path: '/opt/bin' };
const old: Delivery = { kind: 'image', image: 'e:1', features: { nativeSidecars: false, imageVolumes: false } };
const current: Delivery = { kind: 'image', image: 'e:1', features: { nativeSidecars: true, imageVolumes: true } };
const secretive: Delivery = { ...old, secret: 'ours' };
const nothing = { links: [], scripts: [], mounts: [] };
const links = { links: ['step-a'], scripts: [], mounts: [{ name: 'steps', mountPath: '/tekton/steps' }] };

describe('deliverEntrypoint', () => {
  test.each<[string, Delivery, object, object, readonly string[] | undefined]>([
    ['from the node', host, nothing, { hostPath: { path: '/opt/bin', type: 'Directory' } }, undefined],
    [
      'from the node, with links',
      host,
      links,
      { hostPath: { path: '/opt/bin', type: 'Directory' } },
      ['/tekton/bin/entrypoint', 'step-init', 'step-a'],
    ],
    [
      'by an init container',
      old,
      nothing,
      { emptyDir: {} },
      ['/entrypoint', 'init', '/entrypoint', '/tekton/bin/entrypoint'],
    ],
    [
      'by the same init container, with links',
      old,
      links,
      { emptyDir: {} },
      ['/entrypoint', 'init', '/entrypoint', '/tekton/bin/entrypoint', 'step-a'],
    ],
    ['from a secret', secretive, nothing, { secret: { secretName: 'ours', defaultMode: 0o755 } }, undefined],
    [
      'by the init container all the same where one is needed',
      secretive,
      links,
      { emptyDir: {} },
      ['/entrypoint', 'init', '/entrypoint', '/tekton/bin/entrypoint', 'step-a'],
    ],
    ['as a volume', current, nothing, { image: { reference: 'e:1' } }, undefined],
    [
      'as a volume, with links',
      current,
      links,
      { image: { reference: 'e:1' } },
      ['/entrypoint', 'step-init', 'step-a'],
    ],
  ])('brings it %s (E1)', (_how, delivery, preparation, source, command) => {
    const { volume, initContainers } = deliverEntrypoint(delivery, { ...nothing, ...preparation });
    expect(volume).toEqual({ name: 'tekton-internal-bin', ...source });
    expect(initContainers.map((container) => container.command)).toEqual(command === undefined ? [] : [command]);
  });

  test('lets the init container write where the steps only read', () => {
    const { initContainers } = deliverEntrypoint(old, links);
    expect(initContainers[0]!.volumeMounts).toEqual([
      { name: 'tekton-internal-bin', mountPath: '/tekton/bin' },
      { name: 'steps', mountPath: '/tekton/steps' },
    ]);
  });
});

const plain: OrderedStep = { command: ['make'], args: [] };
const work = (over: Partial<EntrypointWork> = {}): EntrypointWork => ({
  steps: [plain],
  waitsForSidecars: false,
  hasResults: false,
  hasCredentials: false,
  isPrepared: false,
  breaksOnFailure: false,
  namesOurPaths: false,
  ...over,
});

describe('needsEntrypoint', () => {
  test('is for one plain step only where the entrypoint costs an init container', () => {
    expect([host, old, current].map((delivery) => needsEntrypoint(delivery, work()))).toEqual([true, false, false]);
  });

  test.each<[string, Partial<EntrypointWork>]>([
    ['two steps', { steps: [plain, plain] }],
    ['sidecars that are waited for', { waitsForSidecars: true }],
    ['results', { hasResults: true }],
    ['credentials', { hasCredentials: true }],
    ['links', { isPrepared: true }],
    ['a breakpoint on failure', { breaksOnFailure: true }],
    ['a path of ours', { namesOurPaths: true }],
    ['a breakpoint before the step', { steps: [{ ...plain, breaksBefore: true }] }],
    ['a timeout', { steps: [{ ...plain, timeout: '1m' }] }],
    ['onError', { steps: [{ ...plain, onError: 'continue' }] }],
    ['a copy of the output', { steps: [{ ...plain, stdoutPath: '/tmp/out' }] }],
    ['results of the step', { steps: [{ ...plain, results: ['r'] }] }],
    ['guards', { steps: [{ ...plain, when: [{ cel: 'true' }] }] }],
  ])('holds with %s (E2)', (_why, over) => {
    expect(needsEntrypoint(old, work(over))).toBe(true);
  });
});
