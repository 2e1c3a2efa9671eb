import { parseImageConfig } from './image-config.js';

test('parseImageConfig reads what a container takes over, and null as nothing', () => {
  const config = { Env: ['A=1', 'PATH=/bin', 'broken'], Entrypoint: ['/x'], Cmd: null, WorkingDir: '/w', User: 'me:7' };
  expect(parseImageConfig(JSON.stringify({ config, rootfs: { diff_ids: ['sha256:a'] } }))).toEqual({
    env: ['A=1', 'PATH=/bin'],
    entrypoint: ['/x'],
    cmd: [],
    workingDir: '/w',
    user: 'me:7',
    diffIds: ['sha256:a'],
  });
  expect(parseImageConfig('{}')).toMatchObject({ env: [], entrypoint: [], cmd: [], workingDir: '', user: '' });
});

test.each([
  '',
  '{"config":{"Env":"A=1"}}',
  '{"config":{"Cmd":[1]}}',
  '{"config":{"Cmd":["a\\u0000b"]}}',
  '{"config":{"User":"a\\nb"}}',
])('parseImageConfig refuses %j', (text) => {
  expect(() => parseImageConfig(text)).toThrow(/configuration of the image cannot be read/);
});
