import { parseChunk } from './chunk.js';

const line = { time: '2026-01-01T00:00:00.1Z', stream: 'stdout', text: 'hi' };
const good = { namespace: 'ns', pod: 'p', podUid: 'u', container: 'c', first: 0, lines: [line] };

describe('parseChunk', () => {
  test('reads what the executor sends', () => {
    expect(parseChunk({ ...good, end: true, more: 1 })).toEqual({ ...good, end: true });
    expect(parseChunk({ ...good, lines: [{ ...line, partial: true }] }).lines[0]!.partial).toBe(true);
  });

  // prettier-ignore
  test.each([
    ['chunk', null], ['chunk', []], ['namespace', { ...good, namespace: '' }], ['podUid', { ...good, podUid: 'x'.repeat(999) }],
    ['first', { ...good, first: -1 }], ['first', { ...good, first: '0' }], ['lines', { ...good, lines: 'x' }],
    ['lines[0].time', { ...good, lines: [{ ...line, time: '2026 01' }] }], ['lines[0].stream', { ...good, lines: [{ ...line, stream: 'x' }] }],
    ['lines[0].text', { ...good, lines: [{ ...line, text: 1 }] }], ['lines[0]', { ...good, lines: [7] }],
  ])('names the field %s', (field, payload) => {
    expect(() => parseChunk(payload)).toThrow(expect.objectContaining({ kind: 'invalid', message: expect.stringContaining(`${field} must`) as string }) as Error);
  });
});
