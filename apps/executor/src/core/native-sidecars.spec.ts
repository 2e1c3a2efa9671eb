import { hasNativeSidecars, nativeSidecar } from './native-sidecars.js';

const probe = { tcpSocket: { port: 80 } };
const other = { exec: { command: ['true'] } };

test.each([
  ['goes on beside the steps', {}, {}],
  ['is waited for by what it is ready by', { readinessProbe: probe }, { readinessProbe: probe, startupProbe: probe }],
  [
    'keeps its own startup probe',
    { readinessProbe: probe, startupProbe: other },
    { readinessProbe: probe, startupProbe: other },
  ],
])('nativeSidecar %s', (_what, fields, expected) => {
  expect(nativeSidecar({ name: 'sidecar-a', ...fields })).toEqual({
    name: 'sidecar-a',
    restartPolicy: 'Always',
    ...expected,
  });
});

test('hasNativeSidecars asks the cluster, not a node', () => {
  const image = (nativeSidecars: boolean) =>
    ({ kind: 'image', image: 'e', features: { nativeSidecars, imageVolumes: false } }) as const;
  expect([image(true), image(false), { kind: 'host', path: '/' } as const].map(hasNativeSidecars)).toEqual([
    true,
    false,
    false,
  ]);
});
