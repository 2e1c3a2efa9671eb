import { applyMergePatch } from './merge-patch.js';
import { applyStrategicPatch } from './strategic-patch.js';
import type { Json, JsonObject } from './json-value.js';

// prettier-ignore
const merges: [what: string, target: Json, patch: Json, result: Json][] = [
  ['sets and removes', { a: 1, b: 2 }, { a: null, c: 3 }, { b: 2, c: 3 }],
  ['goes down', { a: { b: 1, c: 2 } }, { a: { b: null } }, { a: { c: 2 } }],
  ['replaces lists', { a: [1, 2] }, { a: [3] }, { a: [3] }],
  ['makes an object of something else', { a: 1 }, { a: { b: null, c: 1 } }, { a: { c: 1 } }],
  ['replaces everything with what is no object', { a: 1 }, [1], [1]],
];

describe('applyMergePatch', () => {
  test.each(merges)('%s', (_what, target, patch, result) => {
    const before = structuredClone(target);
    expect(applyMergePatch(target, patch)).toEqual(result);
    expect(target).toEqual(before);
  });
});

// prettier-ignore
const strategic: [what: string, kind: string, target: JsonObject, patch: Json, result: Json][] = [
  ['merges objects', 'ConfigMap', { data: { a: '1', b: '2' } }, { data: { b: null, c: '3' } }, { data: { a: '1', c: '3' } }],
  ['merges lists by key', 'ServiceAccount', { secrets: [{ name: 'a' }] }, { secrets: [{ name: 'b' }] }, { secrets: [{ name: 'a' }, { name: 'b' }] }],
  ['changes the entry of a key', 'ServiceAccount', { secrets: [{ name: 'a', x: 1 }] }, { secrets: [{ name: 'a', y: 2 }] }, { secrets: [{ name: 'a', x: 1, y: 2 }] }],
  ['deletes an entry', 'ServiceAccount', { secrets: [{ name: 'a' }, { name: 'b' }] }, { secrets: [{ $patch: 'delete', name: 'a' }] }, { secrets: [{ name: 'b' }] }],
  ['replaces a list', 'ServiceAccount', { secrets: [{ name: 'a' }] }, { secrets: [{ $patch: 'replace' }, { name: 'b' }] }, { secrets: [{ name: 'b' }] }],
  ['orders a list', 'ServiceAccount', { secrets: [{ name: 'a' }, { name: 'b' }] }, { '$setElementOrder/secrets': [{ name: 'b' }, { name: 'a' }], secrets: [{ name: 'b' }] }, { secrets: [{ name: 'b' }, { name: 'a' }] }],
  ['adds to a set', 'Secret', { metadata: { finalizers: ['a'] } }, { metadata: { finalizers: ['a', 'b'] } }, { metadata: { finalizers: ['a', 'b'] } }],
  ['takes from a set', 'Secret', { metadata: { finalizers: ['a', 'b'] } }, { metadata: { '$deleteFromPrimitiveList/finalizers': ['a'] } }, { metadata: { finalizers: ['b'] } }],
  ['replaces an object', 'Secret', { data: { a: '1' } }, { data: { $patch: 'replace', b: '2' } }, { data: { b: '2' } }],
  ['deletes an object', 'Secret', { data: { a: '1' }, type: 't' }, { data: { $patch: 'delete' } }, { type: 't' }],
  ['keeps only what is to be kept', 'Secret', { data: { a: '1', b: '2' } }, { data: { $retainKeys: ['a'], a: '3' } }, { data: { a: '3' } }],
  ['replaces lists without a key', 'PersistentVolumeClaim', { spec: { accessModes: ['a'] } }, { spec: { accessModes: ['b'] } }, { spec: { accessModes: ['b'] } }],
  ['owners by uid', 'Pod', { metadata: { ownerReferences: [{ uid: '1', name: 'a' }] } }, { metadata: { ownerReferences: [{ uid: '1', $patch: 'delete' }] } }, { metadata: { ownerReferences: [] } }],
];

describe('applyStrategicPatch', () => {
  test.each(strategic)('%s', (_what, kind, target, patch, result) => {
    const before = structuredClone(target);
    expect(applyStrategicPatch(kind, target, patch)).toEqual(result);
    expect(target).toEqual(before);
  });

  test.each([
    ['an entry without its key', { secrets: [{ x: 1 }] }, 'merge key: name'],
    ['an entry that is no object', { secrets: ['a'] }, 'not an object'],
    ['an unknown directive', { metadata: { $patch: 'explode' } }, 'unknown $patch'],
    ['a patch that is no object', 'x', 'must be an object'],
  ])('refuses %s', (_what, patch, message) => {
    expect(() => applyStrategicPatch('ServiceAccount', {}, patch as Json)).toThrow(message);
  });
});
