import { credentialsOf } from './url-credentials.js';

test.each([
  ['u:p', 'u', 'p'],
  ['a%40b:p%25q', 'a@b', 'p%q'],
  ['u:10%', 'u', '10%'],
  ['u:%zz%C3%A9', 'u', '%zzé'],
  ['u:one%0Atwo=2', 'u', 'one'],
])('of %s git is told user and password, as it reads them itself', (written, user, password) => {
  const { url, env, secrets } = credentialsOf(`https://${written}@host/a`, undefined);
  expect(url).toBe('https://host/a');
  expect(env).toEqual({ SLIPWAY_GIT_USER: user, SLIPWAY_GIT_PASSWORD: password });
  expect(secrets).toContain(Buffer.from(`${user}:${password}`).toString('base64'));
});
