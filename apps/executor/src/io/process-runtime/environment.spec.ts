import type { ConfigMap, Container, Pod, Secret } from '@slipway/contracts';
import { environmentOf, expand, type Sources } from './environment.js';

const node = { name: 'n', cpus: 4, memoryBytes: 8 * 2 ** 30 };
const secret: Secret = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 's' },
  data: { user: 'bWU=', 'a.b': 'ZG90', '1x': 'bm8=' },
  stringData: { plain: 'text' },
};
const configMap: ConfigMap = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'm' },
  data: { k: 'v', user: 'map' },
};
const sources: Sources = { secrets: new Map([['s', secret]]), configMaps: new Map([['m', configMap]]) };

const pod = (container: Partial<Container>): [Pod, Container] => {
  const own = { name: 'c', ...container };
  const metadata = { name: 'p', namespace: 'ns', uid: 'u', labels: { l: 'label' }, annotations: { 'x.y/z': 'note' } };
  return [{ apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers: [own], serviceAccountName: 'sa' } }, own];
};
const field = (fieldPath: string): Partial<Container> => ({
  env: [{ name: 'X', valueFrom: { fieldRef: { fieldPath } } }],
});
const resource = (name: string, divisor?: string, resources?: Container['resources']): Partial<Container> => ({
  env: [
    { name: 'X', valueFrom: { resourceFieldRef: { resource: name, ...(divisor === undefined ? {} : { divisor }) } } },
  ],
  ...(resources === undefined ? {} : { resources }),
});

// prettier-ignore
const resolved: [given: string, container: Partial<Container>, then: Record<string, string>][] = [
  ['plain values, a missing one as empty', { env: [{ name: 'A', value: '1' }, { name: 'B' }] }, { A: '1', B: '' }],
  ['variables of those before', { env: [{ name: 'A', value: '1' }, { name: 'B', value: '$(A)-$(C)' }, { name: 'C', value: '$$(A)' }] }, { A: '1', B: '1-$(C)', C: '$(A)' }],
  ['a key of a secret', { env: [{ name: 'X', valueFrom: { secretKeyRef: { name: 's', key: 'user' } } }] }, { X: 'me' }],
  ['a key of a config map', { env: [{ name: 'X', valueFrom: { configMapKeyRef: { name: 'm', key: 'k' } } }] }, { X: 'v' }],
  ['nothing for an optional key that is not there', { env: [{ name: 'X', valueFrom: { secretKeyRef: { name: 's', key: 'gone', optional: true } } }] }, {}],
  ['nothing for an optional object that is not there', { env: [{ name: 'X', valueFrom: { configMapKeyRef: { name: 'gone', key: 'k', optional: true } } }] }, {}],
  ['every key that can be a name, with a prefix', { envFrom: [{ prefix: 'P_', secretRef: { name: 's' } }] }, { P_user: 'me', 'P_a.b': 'dot', P_1x: 'no', P_plain: 'text' }],
  ['no key that cannot be a name', { envFrom: [{ secretRef: { name: 's' } }] }, { user: 'me', 'a.b': 'dot', plain: 'text' }],
  ['the later of two sources, and env over both', { envFrom: [{ secretRef: { name: 's' } }, { configMapRef: { name: 'm' } }], env: [{ name: 'k', value: 'own' }] }, { user: 'map', 'a.b': 'dot', plain: 'text', k: 'own' }],
  ['nothing of an optional source that is not there', { envFrom: [{ secretRef: { name: 'gone', optional: true } }] }, {}],
  ['the pod\'s name', field('metadata.name'), { X: 'p' }],
  ['an annotation with a dotted name', field("metadata.annotations['x.y/z']"), { X: 'note' }],
  ['a label that is not there as empty', field("metadata.labels['none']"), { X: '' }],
  ['the service account', field('spec.serviceAccountName'), { X: 'sa' }],
  ['a cpu limit rounded up', resource('limits.cpu', undefined, { limits: { cpu: '1500m' } }), { X: '2' }],
  ['a cpu limit in thousandths', resource('limits.cpu', '1m', { limits: { cpu: '1500m' } }), { X: '1500' }],
  ['a memory limit in its unit', resource('limits.memory', '1Mi', { limits: { memory: '1Gi' } }), { X: '1024' }],
  ['the machine where there is no limit', resource('limits.cpu'), { X: '4' }],
  ['zero where there is no request', resource('requests.memory'), { X: '0' }],
];

test.each(resolved)('environmentOf gives %s', (_given, container, then) => {
  expect(Object.fromEntries(environmentOf(...pod(container), sources, node))).toEqual(then);
});

// prettier-ignore
const refused: [given: string, container: Partial<Container>, message: string][] = [
  ['a secret', { env: [{ name: 'X', valueFrom: { secretKeyRef: { name: 'gone', key: 'k' } } }] }, 'secret "gone" not found'],
  ['a key of a secret', { env: [{ name: 'X', valueFrom: { secretKeyRef: { name: 's', key: 'gone' } } }] }, "couldn't find key gone in Secret ns/s"],
  ['a config map', { envFrom: [{ configMapRef: { name: 'gone' } }] }, 'configmap "gone" not found'],
  ['a field', field('spec.secret'), 'unsupported fieldPath: spec.secret'],
  ['a field of every object', field('__proto__'), 'unsupported fieldPath: __proto__'],
  ['a resource', resource('limits'), 'unsupported resourceFieldRef: limits'],
  ['text instead of a NUL', { env: [{ name: 'X', value: 'a\0b' }] }, 'environment variable X contains a NUL byte'],
];

test.each(refused)('environmentOf misses %s and says which', (_given, container, message) => {
  expect(() => environmentOf(...pod(container), sources, node)).toThrow(message);
});

const environment = new Map([
  ['A', '1'],
  ['B', '$(A)'],
]);
const expanded: [text: string, then: string][] = [
  ['$(A)', '1'],
  ['x$(A)y$(A)', 'x1y1'],
  ['$$(A)', '$(A)'],
  ['$$$(A)', '$1'],
  ['$(B)', '$(A)'],
  ['$(C)', '$(C)'],
  ['$A $( A)', '$A $( A)'],
  ['$(A', '$(A'],
  ['$', '$'],
  ['', ''],
];
test.each(expanded)('expand turns %j into %j', (text, then) => {
  expect(expand(text, environment)).toBe(then);
});
