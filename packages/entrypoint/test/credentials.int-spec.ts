import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { Tekton, build } from './sandbox.js';

const secrets: Record<string, Record<string, string>> = {
  basic: { username: 'me\\corp', password: 'p@ss:w/rd ü' },
  other: { username: 'you', password: 'x' },
  key: { 'ssh-privatekey': 'KEY\n', known_hosts: 'github.com ssh-rsa AAA' },
  key2: { 'ssh-privatekey': 'KEY2' },
  dockerjson: { '.dockerconfigjson': '{"auths":{"r.example":{"auth":"old"},"q.example":{"auth":"q"}},"x":[1]}' },
  cfg: { '.dockercfg': '{"c.example":{"auth":"c"}}' },
};

describe('credentials', () => {
  let tekton: Tekton;
  beforeAll(() => build('sanitized'));
  beforeEach(() => {
    tekton = new Tekton();
    mkdirSync(tekton.path('/tekton/creds'));
    for (const [name, values] of Object.entries(secrets)) {
      mkdirSync(tekton.path(`/tekton/creds-secrets/${name}`), { recursive: true });
      for (const [key, value] of Object.entries(values))
        writeFileSync(tekton.path(`/tekton/creds-secrets/${name}/${key}`), value);
    }
  });
  afterEach(() => tekton.remove());
  const mode = (path: string): string => (statSync(tekton.path(path)).mode & 0o777).toString(8);
  const run = (...flags: string[]) => tekton.run([...flags, '-entrypoint', 'true', '--']);

  test('for git over https are in its store, escaped, and nobody else can read them', async () => {
    const ended = await run('-basic-git=basic=https://github.com', '-basic-git=other=https://gitlab.com:8443/x');
    expect(ended).toMatchObject({ code: 0, stdout: '', stderr: '' });
    for (const folder of ['creds', 'home']) {
      expect(tekton.read(`/tekton/${folder}/.gitconfig`)).toBe(
        '[credential]\n\thelper = store\n[credential "https://github.com"]\n\tusername = me\\\\corp\n[credential "https://gitlab.com:8443/x"]\n\tusername = you\n',
      );
      expect(tekton.read(`/tekton/${folder}/.git-credentials`)).toBe(
        'https://me%5Ccorp:p%40ss%3Aw%2Frd%20%C3%BC@github.com\nhttps://you:x@gitlab.com:8443/x\n',
      );
      expect([mode(`/tekton/${folder}/.gitconfig`), mode(`/tekton/${folder}/.git-credentials`)]).toEqual([
        '600',
        '600',
      ]);
    }
  });

  test('for git over ssh are keys, hosts and known hosts', async () => {
    await run('-ssh-git=key=github.com', '-ssh-git=key2=git.example:2222', '-ssh-git=key2=github.com');
    expect(tekton.read('/tekton/home/.ssh/config')).toBe(
      [
        'Host github.com\n    HostName github.com\n    Port 22\n    IdentityFile /tekton/creds/.ssh/id_key\n    IdentityFile /tekton/creds/.ssh/id_key2',
        'Host git.example\n    HostName git.example\n    Port 2222\n    IdentityFile /tekton/creds/.ssh/id_key2\n',
      ].join('\n'),
    );
    expect(tekton.read('/tekton/home/.ssh/known_hosts')).toBe('github.com ssh-rsa AAA');
    expect(tekton.read('/tekton/home/.ssh/id_key')).toBe('KEY\n');
    expect([mode('/tekton/home/.ssh'), mode('/tekton/home/.ssh/id_key'), mode('/tekton/creds/.ssh/id_key2')]).toEqual([
      '700',
      '600',
      '600',
    ]);
  });

  test('for registries are put together, the explicit ones over the files', async () => {
    await run('-docker-config=dockerjson', '-docker-cfg=cfg', '-basic-docker=other=r.example');
    expect(JSON.parse(tekton.read('/tekton/home/.docker/config.json'))).toEqual({
      auths: {
        'c.example': { auth: 'c' },
        'q.example': { auth: 'q' },
        'r.example': {
          username: 'you',
          password: 'x',
          auth: Buffer.from('you:x').toString('base64'),
          email: 'not@val.id',
        },
      },
    });
    expect(mode('/tekton/home/.docker/config.json')).toBe('600');
  });

  test.each([
    ['-basic-git=none=https://x', /creds-secrets\/none\/username: No such file/],
    ['-basic-git=basic', /expect entries of the form secret=url/],
    ['-basic-git=../key=https://x', /not the name of a secret/],
    ['-docker-config=key', /\.dockerconfigjson: No such file/],
  ])('that are wrong (%s) stop the step and say why, without a secret', async (flag, why) => {
    const ended = await tekton.run(['-post_file', '/tekton/run/0/out', flag, '-entrypoint', 'echo', '--', 'ran']);
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toMatch(why);
    expect(tekton.exists('/tekton/run/0/out.err')).toBe(true);
  });
});
