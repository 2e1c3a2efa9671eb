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

  it.each([
    ['.git-credentials', 'pa!ss *(w) $&+1', 'https://me:pa%21ss%20%2A%28w%29%20$&+1@host'],
    ['.docker/config.json', 'p<a>ss&w', '{"username":"me","password":"p\\u003ca\\u003ess\\u0026w"}'],
  ])('hides a value as the entrypoint writes it to %s', (_, value, text) => {
    expect(masked([value], line(text))).toEqual([expect.stringContaining('***')]);
  });

  it.each([
    ['a password', { auths: { 'https://r': { username: 'me', password: 'hunter2-x' } } }],
    ['a password in auth alone', { auths: { 'https://r': { auth: b64('me:hunter2-x') } } }],
    ['a token', { auths: { 'https://r': { identitytoken: 'hunter2-x' } } }],
    ['a password, in the older form', { 'https://r': { username: 'me', password: 'hunter2-x' } }],
  ])("hides %s of docker's logins, however the file is written anew", (_, config) => {
    const texts = ['hunter2-x', b64('me:hunter2-x')];
    const lines = masked([JSON.stringify(config)], ...texts.map((text) => line(`<${text}>`)));
    expect(lines.map((text) => text.includes('***'))).toEqual([true, true]);
    expect(lines.join(' ')).not.toContain('hunter2');
  });

  it('shows hosts and other members of such a file', () => {
    const value = JSON.stringify({ auths: { 'https://r': { password: 'hunter2-x' } }, credsStore: 'desktop', n: null });
    expect(masked([value, '{"auth', '[1]'], line('https://r desktop null'))).toEqual(['https://r desktop null']);
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
