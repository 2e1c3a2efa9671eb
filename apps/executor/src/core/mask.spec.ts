import type { LogLine } from '@slipway/contracts';
import { LineMasker, needlesOf } from './mask.js';

const line = (text: string, partial?: true): LogLine => ({
  time: '2026-01-01T00:00:00Z',
  stream: 'stdout',
  text,
  ...(partial === undefined ? {} : { partial }),
});
const masked = (values: string[], ...lines: LogLine[]): string[] => {
  const masker = new LineMasker(values);
  return [...masker.push(lines), ...masker.flush()].map(({ text }) => text);
};
const SECRET = 'pa$$w0rd/with+odd?chars';
const b64 = (text: string): string => Buffer.from(text).toString('base64');

describe('LineMasker', () => {
  it.each([
    ['as it is', SECRET],
    ['twice', `${SECRET} and ${SECRET}`],
    ['in base64', b64(SECRET)],
    ['in base64 behind one byte', b64(`a${SECRET}`)],
    ['in base64 behind two bytes', b64(`ab${SECRET}z`)],
    ['in base64url', Buffer.from(SECRET).toString('base64url')],
    ['in hex', Buffer.from(SECRET).toString('hex')],
    ['in a URL', `https://x/?q=${encodeURIComponent(SECRET)}`],
    ['in JSON', JSON.stringify({ it: `${SECRET}` })],
  ])('hides a value %s', (_, text) => {
    const [shown] = masked([SECRET], line(`before ${text} after`));
    expect(shown).toContain('***');
    expect(shown).toMatch(/^before .* after$/);
    for (const part of [
      SECRET,
      b64(SECRET).slice(4, 24),
      b64(`a${SECRET}`).slice(4, 24),
      b64(`ab${SECRET}`).slice(4, 24),
    ]) {
      expect(shown).not.toContain(part);
    }
  });

  it('hides a value of several lines line by line', () => {
    const key = '-----BEGIN KEY-----\nfirst-part\nlast-part\n-----END KEY-----\n';
    expect(masked([key], line('x first-part y'), line('last-part'))).toEqual(['x *** y', '***']);
  });

  it('hides base64 that a tool has broken into lines', () => {
    const long = 'x7'.repeat(100);
    const broken = b64(long).match(/.{1,76}/g)!;
    expect(masked([long], ...broken.map((text) => line(text))).every((text) => text.includes('***'))).toBe(true);
  });

  it('hides a value that is split over the parts of a long line (M3)', () => {
    for (let at = 1; at < SECRET.length; at++) {
      const parts = masked([SECRET], line(`begin ${SECRET.slice(0, at)}`, true), line(`${SECRET.slice(at)} end`));
      expect(parts).toEqual(['begin ***', ' end']);
    }
  });

  it('leaves what is shorter than four characters, and what is no secret', () => {
    expect(masked(['abc', ''], line('abc abcd'))).toEqual(['abc abcd']);
  });

  it('prefers the longer of two values that begin alike', () => {
    expect(masked(['token', 'token-and-more'], line('token-and-more'))).toEqual(['***']);
  });

  it('gives one line for each it gets, however they are cut (M2)', () => {
    const masker = new LineMasker([SECRET]);
    const given = [line('a', true), line(SECRET, true), line('b'), line('c'), line('d', true)];
    const out = given.flatMap((one) => masker.push([one]));
    expect([...out, ...masker.flush()]).toHaveLength(given.length);
  });
});

describe('needlesOf', () => {
  it('forgets the line end that a file of a secret has', () => {
    expect(needlesOf(['hello-there\n'])).toContain('hello-there');
  });
});
