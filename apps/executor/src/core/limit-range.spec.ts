import type { LimitRange, LimitRangeItem, Pod } from '@slipway/contracts';
import { withLimitRanges } from './limit-range.js';

const range = (...limits: LimitRangeItem[]): LimitRange => ({
  apiVersion: 'v1',
  kind: 'LimitRange',
  metadata: { name: 'l' },
  spec: { limits },
});
const pod = (...names: string[]): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p' },
  spec: { containers: names.map((name) => ({ name, image: 'i' })) },
});
const CONTAINER: LimitRangeItem = {
  type: 'Container',
  min: { cpu: '100m', memory: '99Mi' },
  default: { cpu: '700m', memory: '900Mi' },
  defaultRequest: { cpu: '300m', memory: '111Mi' },
};

const resourcesOf = (made: Pod): unknown[] => made.spec.containers.map(({ resources }) => resources);

test('the only step asks for the default, and may have the default limit', () => {
  expect(resourcesOf(withLimitRanges(pod('step-a'), [range(CONTAINER)]))).toEqual([
    { requests: { cpu: '300m', memory: '111Mi' }, limits: { cpu: '700m', memory: '900Mi' } },
  ]);
});

test('steps share the default request, and none asks for less than the minimum', () => {
  const [first] = resourcesOf(withLimitRanges(pod('step-a', 'step-b', 'sidecar-c'), [range(CONTAINER)]));
  expect(first).toMatchObject({ requests: { cpu: '150m', memory: '99Mi' } });
});

test('what a container asks for itself stays', () => {
  const given = pod('step-a');
  given.spec.containers[0]!.resources = { requests: { cpu: '2' }, limits: { cpu: '3' } };
  expect(resourcesOf(withLimitRanges(given, [range(CONTAINER)]))).toEqual([
    { requests: { cpu: '2', memory: '111Mi' }, limits: { cpu: '3', memory: '900Mi' } },
  ]);
});

test('of several ranges the least default and the greatest minimum count', () => {
  const other = { type: 'Container', default: { cpu: '1' }, min: { cpu: '200m' }, defaultRequest: { cpu: '150m' } };
  const [only] = resourcesOf(withLimitRanges(pod('step-a'), [range(CONTAINER), range(other)]));
  expect(only).toMatchObject({ requests: { cpu: '200m' }, limits: { cpu: '700m' } });
});

test('ranges of pods and claims leave containers alone', () => {
  const given = pod('step-a');
  expect(withLimitRanges(given, [range({ type: 'Pod', max: { cpu: '1' } })])).toBe(given);
});
