import { SlipwayError } from '@slipway/contracts';
import {
  decodePayload,
  decodeReply,
  decodeRequest,
  encodeFailure,
  encodePayload,
  encodeRequest,
  encodeResponse,
} from './packet.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('packets', () => {
  test('carry a request as Nest writes it', () => {
    const sent = encodeRequest('store.get', { a: 1 }, 'id-1');
    expect(JSON.parse(new TextDecoder().decode(sent))).toEqual({ pattern: 'store.get', data: { a: 1 }, id: 'id-1' });
    expect(decodeRequest(sent)).toEqual({ data: { a: 1 }, id: 'id-1' });
  });

  test.each(['', 'nonsense', '[]', '{"data":1}', '{"id":7}', 'null'])('refuse %j as a request', (text) => {
    expect(decodeRequest(bytes(text))).toBeUndefined();
  });

  test('bring back an answer, nothing included', () => {
    expect(decodeReply('x', encodeResponse('1', [1]))).toEqual([1]);
    expect(decodeReply('x', encodeResponse('1', undefined))).toBeUndefined();
  });

  test('throw the error of the other side, and call what is no error of ours internal', () => {
    const wire = { kind: 'conflict', reason: 'Why', message: 'Message.' } as const;
    expect(() => decodeReply('x', encodeFailure('1', wire))).toThrow(expect.objectContaining(wire) as Error);
    for (const text of ['{"err":"Internal server error"}', '{"err":{"status":"error"}}', 'nonsense']) {
      expect(() => decodeReply('x', bytes(text))).toThrow(expect.objectContaining({ kind: 'internal' }) as Error);
    }
  });

  test('leave bytes as they are, and say which message is not JSON', () => {
    const raw = new Uint8Array([1, 2, 3]);
    expect(encodePayload(raw)).toBe(raw);
    expect(decodePayload('x.y', encodePayload({ a: 'ä' }))).toEqual({ a: 'ä' });
    expect(() => decodePayload('x.y', raw)).toThrow(SlipwayError);
    expect(() => decodePayload('x.y', raw)).toThrow('x.y');
  });
});
