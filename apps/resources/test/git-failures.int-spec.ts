// Each word for a failure, from a real server that makes git fail so.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildGitInit, type Finished, type GitInitProgram } from './git-init-program.js';
import { startGitServer, type GitServer } from './git-server.js';
import { hasSshd, startSshServer, type SshServer } from './ssh-server.js';

const hasLfs = spawnSync('git', ['lfs', 'version']).status === 0;

let server: GitServer;
let secure: GitServer;
let other: GitServer;
let program: GitInitProgram;
let certificate: string;

beforeAll(async () => {
  [server, other, program] = await Promise.all([startGitServer(), startGitServer(), buildGitInit()]);
  const [key, cert] = [join(program.folder, 'tls.key'), join(program.folder, 'tls.pem')];
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
  spawnSync('openssl', [
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-days',
    '2',
    ...subject,
    '-keyout',
    key,
    '-out',
    cert,
  ]);
  secure = await startGitServer({ key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') });
  certificate = cert;
  server.commit('plain', { 'a.txt': 'one' });
  secure.commit('plain', { 'a.txt': 'one' });
});
afterAll(async () => {
  await Promise.all([server.close(), secure.close(), other.close()]);
  program.remove();
});
afterEach(() => {
  server.overrides.clear();
  server.credentials = undefined;
  server.isOld = false;
});

function answering(status: number): string {
  server.overrides.set('/answering.git', (_request, response) => response.writeHead(status).end());
  return `${server.url}/answering.git`;
}
const withUser = (user: string): string => `${server.url.replace('http://', `http://${user}@`)}/plain.git`;
const wantsCredentials = (): void => {
  server.credentials = { user: 'me', password: 'hunter2' };
};
const NO_COMMIT = '0123456789'.repeat(4);

// prettier-ignore
const FAILURES: [reason: string, when: string, args: () => string[]][] = [
  ['GitAuthMissing', 'the server wants credentials and there are none', () => (wantsCredentials(), ['-url', `${server.url}/plain.git`])],
  ['GitAuthInvalid', 'the password is wrong', () => (wantsCredentials(), ['-url', withUser('me:wrong')])],
  ['GitAuthInvalid', 'there is a user and no password', () => (wantsCredentials(), ['-url', withUser('me')])],
  ['GitAuthForbidden', 'the server knows who asks, and says no', () => ['-url', answering(403)]],
  ['GitRepositoryNotFound', 'there is no such repository', () => ['-url', `${server.url}/gone.git`]],
  ['GitRevisionNotFound', 'there is no such branch', () => ['-url', `${server.url}/plain.git`, '-revision', 'gone']],
  ['GitRevisionNotFound', 'there is no such commit', () => ['-url', `${server.url}/plain.git`, '-revision', NO_COMMIT]],
  ['GitRevisionNotFound', 'an old server has no such commit', () => ((server.isOld = true), ['-url', `${server.url}/plain.git`, '-revision', NO_COMMIT])],
  ['GitRevisionNotFound', 'the refspec does not bring the revision', () => ['-url', `${server.url}/plain.git`, '-refspec', 'refs/heads/main:refs/heads/x', '-revision', 'y']],
  ['GitHostUnknown', 'there is no such host', () => ['-url', 'https://no-such-host.invalid/x.git']],
  ['GitHostUnreachable', 'nobody listens there', () => ['-url', 'http://127.0.0.1:1/x.git']],
  ['GitTlsInvalid', 'the certificate is nobody\'s', () => ['-url', `${secure.url}/plain.git`]],
  ['GitTlsInvalid', 'the certificate is for another host', () => ['-url', `${secure.url.replace('127.0.0.1', 'localhost')}/plain.git`]],
  ['GitTlsInvalid', 'the server speaks no TLS', () => ['-url', `${server.url.replace('http:', 'https:')}/plain.git`]],
  ['GitRateLimited', 'the server wants fewer requests', () => ['-url', answering(429)]],
  ['GitServerFailed', 'the server breaks', () => ['-url', answering(500)]],
  ['GitUrlRefused', 'the url is none', () => ['-url', 'nowhere']],
  ['GitRevisionRefused', 'the revision is none', () => ['-url', `${server.url}/plain.git`, '-revision', 'a b']],
  ['GitArgumentRefused', 'a flag is none', () => ['-url', `${server.url}/plain.git`, '-depth', 'x']],
];

test.each(FAILURES)('%s is why, when %s', async (reason, _when, args) => {
  const { code, failure, output, message } = await program.run([...args(), '-retryMaxAttempts=2']);
  expect({ failed: code !== 0, reason: failure?.reason, output }).toEqual({
    failed: true,
    reason,
    output: expect.any(String) as string,
  });
  expect(failure!.message.length).toBeGreaterThan(20);
  expect(message.map(({ key }) => key)).toEqual(['FailureReason', 'FailureMessage']);
  expect((output.match(/^hint /gm) ?? []).length).toBeLessThanOrEqual(1); // told once
  expect(output + failure!.message).not.toMatch(/hunter2|wrong@/);
});

test('a failed checkout fails the step: a file stands where a folder must be, and it cannot be removed', async () => {
  server.commit('blocked', { 'dir/a.txt': 'a' });
  const path = mkdtempSync(join(program.folder, 'blocked-'));
  const readOnly = ['bwrap', '--dev-bind', '/', '/', '--ro-bind', '/etc/hostname', join(path, 'dir')];
  writeFileSync(join(path, 'dir'), '');
  const wrapper = mkdtempSync(join(program.folder, 'wrapper-'));
  writeFileSync(join(wrapper, 'git'), `#!/bin/sh\nexec ${readOnly.join(' ')} /usr/bin/git "$@"\n`, { mode: 0o755 });
  const { code, failure } = await program.run(['-url', `${server.url}/blocked.git`], {
    path,
    env: { PATH: `${wrapper}:/usr/bin:/bin` },
  });
  expect([code, failure?.reason]).toEqual([1, expect.stringMatching(/^Git/)]);
});

test('a raw failure is shown when that is wanted', async () => {
  const { output, failure } = await program.run(['-url', `${server.url}/gone.git`, '-userFriendlyErrors=false']);
  expect([failure?.reason, output]).toEqual(['GitRepositoryNotFound', expect.not.stringContaining('hint')]);
});

test.each([
  ['its authority is given', () => ({ env: { GIT_SSL_CAINFO: certificate } }), []],
  ['nobody looks', () => ({}), ['-sslVerify=false']],
])('https is spoken when %s', async (_, options, args) => {
  const { code, path } = await program.run(['-url', `${secure.url}/plain.git`, ...args], options());
  expect([code, existsSync(join(path, 'a.txt'))]).toEqual([0, true]);
});

(hasSshd ? describe : describe.skip)('over ssh', () => {
  let sshd: SshServer;
  let url: string;
  beforeAll(async () => {
    sshd = await startSshServer();
    url = `ssh://${sshd.address}:${sshd.port}${server.root}/plain.git`;
  });
  afterAll(() => sshd.close());

  interface Home {
    key?: string;
    knownHosts?: string;
    config?: string;
  }
  function homeWith(home: Home): string {
    const folder = mkdtempSync(join(program.folder, 'home-'));
    const ssh = join(folder, '.ssh');
    mkdirSync(ssh, { mode: 0o700 });
    if (home.key !== undefined) copyFileSync(home.key, join(ssh, 'id_ed25519'));
    if (home.knownHosts !== undefined) writeFileSync(join(ssh, 'known_hosts'), home.knownHosts);
    if (home.config !== undefined) writeFileSync(join(ssh, 'config'), home.config, { mode: 0o600 });
    return folder;
  }
  async function run(given: Home, target = url, as = 'home'): Promise<Finished & { home: string }> {
    const home = homeWith(given);
    return { ...(await program.run(['-url', target, '-retryMaxAttempts=1'], { [as]: home })), home };
  }

  test('a key and a known host bring the sources, by url and by scp form', async () => {
    const good = await run({ key: sshd.keyFile, knownHosts: sshd.knownHost });
    expect([good.code, good.output]).toEqual([0, expect.stringContaining('Successfully')]);
    const config = `Host forge\n  HostName 127.0.0.1\n  Port ${sshd.port}\n`;
    const scp = await run(
      { key: sshd.keyFile, knownHosts: sshd.knownHost, config },
      `${sshd.address.split('@')[0]}@forge:${server.root}/plain.git`,
    );
    expect([scp.code, scp.output]).toEqual([0, expect.stringContaining('Successfully')]);
  });

  test('the key of a host is pinned on first use where nobody has said which it is', async () => {
    const { code, home } = await run({ key: sshd.keyFile });
    expect(code).toBe(0);
    expect(readFileSync(join(home, '.ssh/known_hosts'), 'utf8')).toContain(sshd.knownHost.trim().split(' ')[2]);
  });

  // prettier-ignore
  describe('a user whose home in the user database is not there', () => {
    const stranger = (home: Home, target?: string) => run(home, target, 'strangersHome');

    test('brings the sources by the keys, hosts and settings of HOME', async () => {
      const good = await stranger({ key: sshd.keyFile, knownHosts: sshd.knownHost });
      expect([good.code, good.output]).toEqual([0, expect.stringContaining('Successfully')]);
      const config = `Host forge\n  HostName 127.0.0.1\n  Port ${sshd.port}\n  IdentityFile ${sshd.keyFile}\n`;
      const forge = `${sshd.address.split('@')[0]}@forge:${server.root}/plain.git`;
      const scp = await stranger({ knownHosts: sshd.knownHost, config }, forge);
      expect([scp.code, scp.output]).toEqual([0, expect.stringContaining('Successfully')]);
    });

    test('pins the key of a host in HOME, and refuses one that HOME knows otherwise', async () => {
      const { code, home } = await stranger({ key: sshd.keyFile });
      expect(code).toBe(0);
      expect(readFileSync(join(home, '.ssh/known_hosts'), 'utf8')).toContain(sshd.knownHost.trim().split(' ')[2]);
      const other = `[127.0.0.1]:${sshd.port} ${readFileSync(`${sshd.strangeKey()}.pub`, 'utf8')}`;
      const { failure } = await stranger({ key: sshd.keyFile, knownHosts: other });
      expect(failure?.reason).toBe('GitHostKeyChanged');
    });
  });

  const SSH_FAILURES: [reason: string, when: string, home: () => Home, url: () => string][] = [
    ['GitSSHAuthExpected', 'there is no key', () => ({ knownHosts: sshd.knownHost }), () => url],
    [
      'GitSSHAuthInvalid',
      "the key is another's",
      () => ({ key: sshd.strangeKey(), knownHosts: sshd.knownHost }),
      () => url,
    ],
    [
      'GitHostKeyUnknown',
      'known_hosts has other hosts only',
      () => ({ key: sshd.keyFile, knownHosts: sshd.knownHost.replace(/^\S+/, 'elsewhere') }),
      () => url,
    ],
    [
      'GitHostKeyUnknown',
      'hosts must be known',
      () => ({ key: sshd.keyFile, config: 'Host *\n  StrictHostKeyChecking yes\n' }),
      () => url,
    ],
    [
      'GitHostKeyChanged',
      'the host has another key',
      () => ({
        key: sshd.keyFile,
        knownHosts: `[127.0.0.1]:${sshd.port} ${readFileSync(`${sshd.strangeKey()}.pub`, 'utf8')}`,
      }),
      () => url,
    ],
    [
      'GitRepositoryNotFound',
      'there is no such repository',
      () => ({ key: sshd.keyFile }),
      () => url.replace('plain.git', 'gone.git'),
    ],
    [
      'GitSSHAuthUnexpected',
      'the url is http and the credentials are a key',
      () => (wantsCredentials(), { key: sshd.keyFile }),
      () => `${server.url}/plain.git`,
    ],
    ['GitHostUnreachable', 'nobody listens there', () => ({ key: sshd.keyFile }), () => 'ssh://git@127.0.0.1:1/x.git'],
    ['GitHostUnknown', 'there is no such host', () => ({ key: sshd.keyFile }), () => 'git@no-such-host.invalid:x.git'],
  ];
  test.each(SSH_FAILURES)('%s is why, when %s', async (reason, _when, home, target) => {
    const { code, failure, output } = await run(home(), target());
    expect({ code, reason: failure?.reason, output }).toEqual({
      code: 1,
      reason,
      output: expect.any(String) as string,
    });
  });
});

describe('Git LFS', () => {
  const POINTER = 'version https://git-lfs.github.com/spec/v1\noid sha256:' + 'a'.repeat(64) + '\nsize 3\n';
  const lfs = (name: string, config?: string, pointer = POINTER): string => {
    rmSync(join(server.root, `${name}.work`), { recursive: true, force: true });
    server.commit(name, {
      '.gitattributes': '*.bin filter=lfs diff=lfs merge=lfs -text\n',
      'a.bin': pointer,
      ...(config === undefined ? {} : { '.lfsconfig': config }),
    });
    return `${server.url}/${name}.git`;
  };
  /** A search path with git, and without git-lfs. */
  function withoutLfs(): Record<string, string> {
    const folder = mkdtempSync(join(program.folder, 'bin-'));
    const wrapper = '#!/bin/sh\ntest "$1" = lfs && exit 1\nexec /usr/bin/git "$@"\n';
    writeFileSync(join(folder, 'git'), wrapper, { mode: 0o755 });
    return { PATH: `${folder}:/usr/bin:/bin` };
  }

  test('leaves pointers, and says so, where git-lfs is not', async () => {
    const { code, path, output } = await program.run(['-url', lfs('lfs-1')], { env: withoutLfs() });
    expect([code, readFileSync(join(path, 'a.bin'), 'utf8')]).toEqual([0, POINTER]);
    expect(output).toMatch(/hint: Use an image with git-lfs/);
  });

  test('GitLfsMissing is why, when files of LFS are wanted and git-lfs is not there', async () => {
    const { code, failure } = await program.run(['-url', lfs('lfs-1'), '-lfs=true'], { env: withoutLfs() });
    expect([code, failure?.reason]).toEqual([1, 'GitLfsMissing']);
  });

  const CONTENT = 'large';
  const OID = createHash('sha256').update(CONTENT).digest('hex');
  const REAL = POINTER.replace('a'.repeat(64), OID).replace('size 3', `size ${CONTENT.length}`);

  /** An LFS server below a path, which notes who asked. */
  function lfsServer(on: GitServer, path: string): (string | undefined)[] {
    const authorizations: (string | undefined)[] = [];
    on.overrides.set(path, (request, response) => {
      authorizations.push(request.headers.authorization);
      if (request.method === 'GET') return void response.end(CONTENT);
      if (!request.url!.endsWith('/objects/batch')) return void response.writeHead(404).end();
      const actions = { download: { href: `${on.url}${path}/content` } };
      const answer = { transfer: 'basic', objects: [{ oid: OID, size: CONTENT.length, actions }] };
      response.setHeader('content-type', 'application/vnd.git-lfs+json');
      response.end(JSON.stringify(answer));
    });
    return authorizations;
  }

  (hasLfs ? test : test.skip)('brings the contents of the files', async () => {
    const url = lfs('lfs-2', undefined, REAL);
    lfsServer(server, '/lfs-2.git/info/lfs');
    const { code, path, output } = await program.run(['-url', url]);
    expect([code, output]).toEqual([0, expect.stringContaining('Successfully')]);
    expect(readFileSync(join(path, 'a.bin'), 'utf8')).toBe(CONTENT);
  });

  (hasLfs ? test : test.skip)('GitLfsFailed is why, when the contents are not to be had', async () => {
    const { code, failure } = await program.run(['-url', lfs('lfs-3', undefined, REAL)]);
    expect([code, failure?.reason]).toEqual([1, 'GitLfsFailed']);
  });

  (hasLfs ? test : test.skip)('sends no credentials to another server that the repository names', async () => {
    const url = lfs('lfs-4', `[lfs]\n\turl = ${other.url}/lfs\n`, REAL);
    const authorizations = lfsServer(other, '/lfs');
    wantsCredentials();
    const { code, path } = await program.run(['-url', url.replace('http://', 'http://me:hunter2@')]);
    expect([code, readFileSync(join(path, 'a.bin'), 'utf8')]).toEqual([0, CONTENT]);
    expect(authorizations).toEqual([undefined, undefined]);
  });

  (hasLfs ? test : test.skip).each(['file:///etc', '/etc', 'ext::sh -c true', 'ssh://-oProxyCommand=true/x'])(
    'asks nothing of %s, whatever the repository says',
    async (address) => {
      const { code, failure } = await program.run(['-url', lfs('lfs-5', `[lfs]\n\turl = ${address}\n`, REAL)]);
      expect([code, failure?.reason]).toEqual([1, 'GitUrlRefused']);
    },
  );

  test('leaves pointers without a word when it is not wanted', async () => {
    const { code, output } = await program.run(['-url', lfs('lfs-1'), '-lfs', 'false'], { env: withoutLfs() });
    expect([code, output]).toEqual([0, expect.not.stringContaining('hint')]);
  });
});
