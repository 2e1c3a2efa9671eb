import { frontProxyUsers, type FrontProxySettings } from './front-proxy.js';
import type { User } from './authentication.js';

const settings: FrontProxySettings = {
  clientCa: 'pem',
  allowedNames: ['front-proxy-client'],
  usernameHeaders: ['X-Remote-User', 'X-Other-User'],
  groupHeaders: ['X-Remote-Group'],
  extraHeaderPrefixes: ['X-Remote-Extra-'],
};

/** The user of a request with these header lines, `Name: value`, on a connection certified as `name`. */
const userOf = (name: string | undefined, lines: string[], now: FrontProxySettings | undefined = settings): User =>
  frontProxyUsers(() => now)({
    headers: {},
    rawHeaders: lines.flatMap((line) => line.split(/: (.*)/s, 2)),
    certifiedName: name,
  });

const PROXY = 'front-proxy-client';

describe('frontProxyUsers', () => {
  // prettier-ignore
  const known: [what: string, lines: string[], user: User][] = [
    ['a user with groups, one a line', ['X-Remote-User: ada', 'X-Remote-Group: dev', 'X-Remote-Group: system:authenticated'],
      { name: 'ada', groups: ['dev', 'system:authenticated'] }],
    ['a group whose name has a comma', ['X-Remote-User: ada', 'X-Remote-Group: a, b', 'X-Remote-Group: system:authenticated'],
      { name: 'ada', groups: ['a, b', 'system:authenticated'] }],
    ['names of headers in any case', ['x-remote-USER: ada'], { name: 'ada', groups: ['system:authenticated'] }],
    ['the first header that names somebody', ['X-Other-User: eve', 'X-Remote-User: ada'], { name: 'ada', groups: ['system:authenticated'] }],
    ['extras, whose keys are escaped', ['X-Remote-User: ada', 'X-Remote-Extra-Acme.Org%2FScope: a', 'X-Remote-Extra-Acme.Org%2FScope: b'],
      { name: 'ada', groups: ['system:authenticated'], extra: { 'acme.org/scope': ['a', 'b'] } }],
    ['an extra whose key is not well escaped, as it is', ['X-Remote-User: ada', 'X-Remote-Extra-50%: a'],
      { name: 'ada', groups: ['system:authenticated'], extra: { '50%': ['a'] } }],
    ['an extra that is called like a part of every object', ['X-Remote-User: ada', 'X-Remote-Extra-__proto__: a'],
      { name: 'ada', groups: ['system:authenticated'], extra: Object.fromEntries([['__proto__', ['a']]]) }],
    ['the aggregator, which brings no groups', ['X-Remote-User: system:aggregator'], { name: 'system:aggregator', groups: ['system:authenticated'] }],
    ['somebody unauthenticated as such', ['X-Remote-User: system:anonymous', 'X-Remote-Group: system:unauthenticated'],
      { name: 'system:anonymous', groups: ['system:unauthenticated'] }],
  ];
  test.each(known)('knows %s', (_what, lines, user) => {
    expect(userOf(PROXY, lines)).toEqual(user);
  });

  // prettier-ignore
  const refused: [what: string, name: string | undefined, lines: string[], now?: FrontProxySettings | undefined][] = [
    ['headers on a connection without a certificate that counts', undefined, ['X-Remote-User: ada', 'X-Remote-Group: system:masters']],
    ['a certificate of another name', 'kubelet', ['X-Remote-User: ada']],
    ['a name that begins like the right one', 'front-proxy-client2', ['X-Remote-User: ada']],
    ['a proxy that names nobody', PROXY, ['X-Remote-Group: system:masters']],
    ['a proxy that names nobody in so many words', PROXY, ['X-Remote-User: ', 'X-Remote-Group: system:masters']],
    ['a header of another name', PROXY, ['X-Remote-Users: ada']],
  ];
  test.each(refused)('refuses %s', (_what, name, lines) => {
    expect(() => userOf(name, lines)).toThrow(expect.objectContaining({ kind: 'unauthorized' }) as Error);
  });

  test('takes every name of the authority where none are listed, and nobody where there is no authority', () => {
    expect(userOf('any', ['X-Remote-User: ada'], { ...settings, allowedNames: [] }).name).toBe('ada');
    expect(() => userOf(undefined, ['X-Remote-User: ada'], { ...settings, allowedNames: [] })).toThrow('Unauthorized');
    const nobody = frontProxyUsers(() => undefined);
    expect(() => nobody({ headers: {}, rawHeaders: ['X-Remote-User', 'ada'], certifiedName: PROXY })).toThrow();
  });

  test('follows who may vouch from one request to the next (P2)', () => {
    let now = settings;
    const authenticate = frontProxyUsers(() => now);
    const request = { headers: {}, rawHeaders: ['X-Remote-User', 'ada'], certifiedName: PROXY };
    expect(authenticate(request).name).toBe('ada');
    now = { ...settings, allowedNames: ['another'] };
    expect(() => authenticate(request)).toThrow('Unauthorized');
  });
});
