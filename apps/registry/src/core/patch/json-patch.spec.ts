import type { Json } from './json-value.js';
import { applyJsonPatch } from './json-patch.js';

// prettier-ignore
const applied: [what: string, document: Json, patch: Json, result: Json][] = [
  ['adds a member', { a: 1 }, [{ op: 'add', path: '/b', value: 2 }], { a: 1, b: 2 }],
  ['replaces by add', { a: 1 }, [{ op: 'add', path: '/a', value: 2 }], { a: 2 }],
  ['adds null', {}, [{ op: 'add', path: '/a', value: null }], { a: null }],
  ['inserts into a list', { a: [1, 3] }, [{ op: 'add', path: '/a/1', value: 2 }], { a: [1, 2, 3] }],
  ['appends with -', { a: [1] }, [{ op: 'add', path: '/a/-', value: 2 }], { a: [1, 2] }],
  ['removes', { a: 1, b: 2 }, [{ op: 'remove', path: '/a' }], { b: 2 }],
  ['removes from a list', { a: [1, 2, 3] }, [{ op: 'remove', path: '/a/1' }], { a: [1, 3] }],
  ['replaces', { a: { b: 1 } }, [{ op: 'replace', path: '/a/b', value: 2 }], { a: { b: 2 } }],
  ['replaces in a list', { a: [1, 2] }, [{ op: 'replace', path: '/a/0', value: 9 }], { a: [9, 2] }],
  ['replaces everything', { a: 1 }, [{ op: 'replace', path: '', value: { b: 1 } }], { b: 1 }],
  ['cancels a run that has no status yet', { spec: {} }, [{ op: 'replace', path: '/spec/status', value: 'Cancelled' }], { spec: { status: 'Cancelled' } }],
  ['moves', { a: { b: 1 } }, [{ op: 'move', from: '/a/b', path: '/c' }], { a: {}, c: 1 }],
  ['copies', { a: { b: 1 } }, [{ op: 'copy', from: '/a', path: '/c' }], { a: { b: 1 }, c: { b: 1 } }],
  ['tests', { a: { b: [1] } }, [{ op: 'test', path: '/a', value: { b: [1] } }], { a: { b: [1] } }],
  ['tests what is not there as null', {}, [{ op: 'test', path: '/a', value: null }], {}],
  ['unescapes', { 'a/b': 1, 'c~d': 2 }, [{ op: 'remove', path: '/a~1b' }, { op: 'remove', path: '/c~0d' }], {}],
  ['unescapes in the right order', { '~1': 1 }, [{ op: 'remove', path: '/~01' }], {}],
];

// prettier-ignore
const refused: [what: string, document: Json, patch: unknown, code: string, message: string][] = [
  ['a patch that is no list', {}, { op: 'add' }, 'BadRequest', 'list of operations'],
  ['an unknown op', {}, [{ op: 'merge', path: '/a' }], 'BadRequest', '"op"'],
  ['no path', {}, [{ op: 'remove' }], 'BadRequest', '"path"'],
  ['no value', {}, [{ op: 'add', path: '/a' }], 'BadRequest', '"value"'],
  ['no from', {}, [{ op: 'move', path: '/a' }], 'BadRequest', '"from"'],
  ['a path that does not begin with a slash', {}, [{ op: 'add', path: 'a', value: 1 }], 'BadRequest', 'begin with "/"'],
  ['a failed test', { a: 1 }, [{ op: 'test', path: '/a', value: 2 }], 'Invalid', 'testing path /a failed'],
  ['removing what is not there', {}, [{ op: 'remove', path: '/a' }], 'Invalid', 'does not exist'],
  ['replacing what is not there', { spec: {} }, [{ op: 'replace', path: '/spec/other', value: 1 }], 'Invalid', 'does not exist'],
  ['cancelling what has no spec', {}, [{ op: 'replace', path: '/spec/status', value: 1 }], 'Invalid', 'does not exist'],
  ['adding below what is not there', {}, [{ op: 'add', path: '/a/b', value: 1 }], 'Invalid', 'does not exist'],
  ['adding below a text', { a: 'x' }, [{ op: 'add', path: '/a/b', value: 1 }], 'Invalid', 'neither an object nor a list'],
  ['an index that is too high', { a: [] }, [{ op: 'add', path: '/a/1', value: 1 }], 'Invalid', 'no index'],
  ['an index with a leading zero', { a: [1, 2] }, [{ op: 'remove', path: '/a/01' }], 'Invalid', 'does not exist'],
  ['moving into itself', { a: { b: {} } }, [{ op: 'move', from: '/a', path: '/a/b/c' }], 'Invalid', 'into itself'],
  ['__proto__', {}, [{ op: 'add', path: '/__proto__/x', value: 1 }], 'BadRequest', '__proto__'],
  ['what an object inherits', {}, [{ op: 'add', path: '/constructor/prototype/x', value: 1 }], 'Invalid', 'does not exist'],
  ['copies that double', { a: 'x'.repeat(1000) }, Array.from({ length: 20 }, () => [{ op: 'copy', from: '', path: '/b' }, { op: 'copy', from: '/b', path: '/c' }]).flat(), 'Invalid', 'too large'],
  ['too many operations', {}, Array.from({ length: 10_001 }, () => ({ op: 'test', path: '', value: {} })), 'RequestEntityTooLarge', '10000'],
];

describe('applyJsonPatch', () => {
  test.each(applied)('%s', (_what, document, patch, result) => {
    const before = structuredClone(document);
    expect(applyJsonPatch(document, patch)).toEqual(result);
    expect(document).toEqual(before);
  });

  test.each(refused)('refuses %s', (_what, document, patch, reason, message) => {
    expect(() => applyJsonPatch(document, patch)).toThrow(
      expect.objectContaining({ reason, message: expect.stringContaining(message) as string }) as Error,
    );
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });
});
