import type { KubeObject } from '@slipway/contracts';
import { ownershipAfterApply, ownershipAfterUpdate, type Manager } from './ownership.js';

const NOW = Date.UTC(2026, 0, 1);
type Map = KubeObject & { data?: Record<string, string> };

const applier = (name: string): Manager => ({ name, operation: 'Apply', subresource: '' });
const updater = (name: string): Manager => ({ name, operation: 'Update', subresource: '' });
const map = (data: Record<string, string>, metadata: object = {}): Map => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'm', ...metadata },
  data,
});

/** The object after each manager, in turn, applied its data. */
function apply(old: Map | undefined, name: string, data: Record<string, string>, isForced = false): Map {
  const { merged, managedFields } = ownershipAfterApply(map(data), old, applier(name), isForced, NOW);
  return { ...merged, metadata: { ...merged.metadata, managedFields } };
}
/** `a: x,y` for each manager: the keys of data that it owns. */
function owners(object: Map): string[] {
  const entries = object.metadata.managedFields as { manager: string; fieldsV1: { 'f:data'?: object } }[];
  return entries.map(
    ({ manager, fieldsV1 }) =>
      `${manager}: ${Object.keys(fieldsV1['f:data'] ?? {})
        .map((key) => key.slice(2))
        .join(',')}`,
  );
}

describe('server-side apply', () => {
  test('the first apply owns what it brings', () => {
    expect(owners(apply(undefined, 'a', { x: '1', y: '2' }))).toEqual(['a: x,y']);
  });

  test('what an applier no longer brings goes', () => {
    const object = apply(apply(undefined, 'a', { x: '1', y: '2' }), 'a', { x: '1' });
    expect(object.data).toEqual({ x: '1' });
    expect(owners(object)).toEqual(['a: x']);
  });

  test('what another one holds stays', () => {
    const object = apply(apply(apply(undefined, 'a', { x: '1', y: '2' }), 'b', { y: '2' }), 'a', { x: '1' });
    expect(object.data).toEqual({ x: '1', y: '2' });
    expect(owners(object)).toEqual(['b: y', 'a: x']);
  });

  test('two who want different values are in conflict, by field and manager', () => {
    const object = apply(undefined, 'a', { x: '1' });
    expect(() => apply(object, 'b', { x: '2' })).toThrow('Apply failed with 1 conflict: conflict with "a": .data.x');
    try {
      apply(object, 'b', { x: '2' });
    } catch (error) {
      expect(error).toMatchObject({
        kind: 'conflict',
        problems: [{ field: '.data.x', reason: 'FieldManagerConflict' }],
      });
    }
  });

  test('force takes the field over', () => {
    const object = apply(apply(undefined, 'a', { x: '1', y: '1' }), 'b', { x: '2' }, true);
    expect(object.data).toEqual({ x: '2', y: '1' });
    expect(owners(object)).toEqual(['a: y', 'b: x']);
  });

  test('an object that nobody applied yet belongs to those before', () => {
    expect(() => apply(map({ x: '1' }), 'a', { x: '2' })).toThrow(
      'conflict with "before-first-apply" using v1: .data.x',
    );
    expect(apply(map({ x: '1', y: '1' }), 'a', { x: '1' }).data).toEqual({ x: '1', y: '1' });
  });

  test('applying the same again changes nothing, the time included', () => {
    const object = apply(undefined, 'a', { x: '1' });
    const { managedFields } = ownershipAfterApply(map({ x: '1' }), object, applier('a'), false, NOW + 60_000);
    expect(managedFields).toEqual(object.metadata.managedFields);
  });

  test('finalizers merge as a set', () => {
    const one = ownershipAfterApply(map({}, { finalizers: ['a'] }), undefined, applier('a'), false, NOW);
    const stored = { ...one.merged, metadata: { ...one.merged.metadata, managedFields: one.managedFields } };
    const two = ownershipAfterApply(map({}, { finalizers: ['b'] }), stored, applier('b'), false, NOW);
    expect(two.merged.metadata.finalizers).toEqual(['a', 'b']);
  });
});

describe('ordinary writes', () => {
  test('nobody tracks an object that was never applied, and a client cannot claim fields', () => {
    const next = map({ x: '2' }, { managedFields: [{ manager: 'me' }] });
    expect(ownershipAfterUpdate(next, map({ x: '1' }), updater('u'), NOW).metadata.managedFields).toBeUndefined();
  });

  test('who changes a field owns it from then on, and the applier meets them', () => {
    const old = apply(undefined, 'a', { x: '1', y: '1' });
    const next = ownershipAfterUpdate(map({ x: '9', y: '1' }), old, updater('u'), NOW) as Map;
    expect(owners(next)).toEqual(['a: y', 'u: x']);
    expect(() => apply(next, 'a', { x: '1', y: '1' })).toThrow('conflict with "u" using v1: .data.x');
  });

  test('a removed field belongs to nobody', () => {
    const old = apply(undefined, 'a', { x: '1', y: '1' });
    expect(owners(ownershipAfterUpdate(map({ y: '1' }), old, updater('u'), NOW) as Map)).toEqual(['a: y']);
  });
});
