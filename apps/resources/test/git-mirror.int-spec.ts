import { NetworkGuard } from '@slipway/guarded-http';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer, request as httpRequest, type IncomingMessage, type RequestListener } from 'node:http';
import { join } from 'node:path';
import { Metrics, createLogger } from '@slipway/service';
import { startGitMirror } from '../src/io/git-mirror/start.js';
import { buildGitInit, type GitInitProgram, type RunOptions } from './git-init-program.js';
import { startGitServer, type GitServer } from './git-server.js';

let server: GitServer;
let program: GitInitProgram;
let folder: string;
let close: (() => Promise<void>) | undefined;

const CONTENT_BYTES = 200_000;
const content = (): string => randomBytes(CONTENT_BYTES).toString('latin1');
const urlOf = (name: string): string => `${server.url}/${name}.git`;

beforeAll(async () => {
  [server, program] = await Promise.all([startGitServer(), buildGitInit()]);
});
afterAll(async () => {
  await server.close();
  program.remove();
});
beforeEach(async () => {
  folder = mkdtempSync(join(program.folder, 'mirror-'));
  await open();
});
afterEach(async () => {
  await close?.();
  server.overrides.clear();
  server.credentials = undefined;
  server.isOld = false;
});

async function open(maxBytes = 1 << 30, guard = new NetworkGuard(['127.0.0.1'])): Promise<void> {
  await close?.();
  const config = {
    gitMirror: { folder, maxBytes },
    gitConfig: [] as [string, string][],
    remote: { mirrors: [], programPath: process.env['PATH']! } as never,
  };
  const logger = createLogger('test', 'error');
  const opened = await startGitMirror(config, { guard, logger, metrics: new Metrics('test', { process: false }) });
  close = async () => {
    close = undefined;
    await opened?.close();
  };
}

const mirrors = (): string[] => readdirSync(join(folder, 'mirrors'));
const mirrorPath = (...path: string[]): string => join(folder, 'mirrors', mirrors()[0]!, ...path);

/** A clone by a step, and what the server sent for it. */
async function clone(name: string, args: readonly string[] = [], options: RunOptions = {}) {
  const before = server.sentBytes;
  const done = await program.run(['-url', urlOf(name), ...args], { door: join(folder, 'door'), ...options });
  return { ...done, sent: server.sentBytes - before, isCached: done.output.includes('comes from the mirror cache') };
}

/** A request as somebody in a container could make it. */
async function knock(body: unknown): Promise<number> {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const asked = httpRequest({ socketPath: join(folder, 'door/socket'), method: 'POST' }, resolve);
    asked.on('error', reject);
    asked.end(JSON.stringify(body));
  });
  answer.resume();
  await once(answer, 'end');
  return answer.statusCode!;
}

test('what one step has fetched the next one need not fetch, and the repository is the same', async () => {
  const commit = server.commit('big', { 'a.bin': content(), 'dir/b.txt': 'b' });
  const first = await clone('big');
  const second = await clone('big', ['-revision', 'main']);
  const third = await clone('big', ['-revision', commit]);
  const direct = await program.run(['-url', urlOf('big')]);
  for (const { code, isCached, facts, path } of [first, second, third]) {
    expect([code, isCached, facts['commit']]).toEqual([0, true, commit]);
    expect(readFileSync(join(path, 'a.bin'))).toEqual(readFileSync(join(direct.path, 'a.bin')));
    for (const command of [
      ['for-each-ref'],
      ['rev-list', '--count', 'HEAD'],
      ['status', '--short'],
      ['fsck', '--strict'],
    ])
      expect(server.git(command, path)).toBe(server.git(command, direct.path));
    expect(readFileSync(join(path, '.git/shallow'), 'utf8')).toBe(`${commit}\n`);
    expect(existsSync(join(path, '.git/objects/info/alternates'))).toBe(false);
  }
  expect(first.sent).toBeGreaterThan(CONTENT_BYTES);
  expect([second.sent < 10_000, third.sent < 10_000]).toEqual([true, true]);
});

test('of a new commit only the difference is fetched', async () => {
  server.commit('growing', { 'a.bin': content() });
  await clone('growing');
  const commit = server.commit('growing', { 'more.txt': 'more' });
  const { facts, sent, isCached, path } = await clone('growing');
  expect([facts['commit'], isCached, sent < 10_000]).toEqual([commit, true, true]);
  expect(readdirSync(path).sort()).toEqual(['.git', 'a.bin', 'more.txt']);
  expect(server.git(['rev-list', '--count', 'HEAD'], path)).toBe('1');
});

test('all of the history comes from a mirror of its own', async () => {
  server.commit('deep', { 'a.bin': content() });
  server.commit('deep', { 'a.bin': content() });
  await clone('deep', ['-depth=0']);
  const { path, sent, isCached } = await clone('deep', ['-depth=0']);
  expect([isCached, sent < 10_000, server.git(['rev-list', '--count', 'HEAD'], path)]).toEqual([true, true, '2']);
  const direct = await program.run(['-url', urlOf('deep'), '-depth=0']);
  expect(server.git(['for-each-ref'], path)).toBe(server.git(['for-each-ref'], direct.path));
  expect(existsSync(join(path, '.git/shallow'))).toBe(false);
});

test('many first steps at once fetch once', async () => {
  server.commit('popular', { 'a.bin': content() });
  const before = server.sentBytes;
  const clones = await Promise.all(Array.from({ length: 4 }, () => clone('popular')));
  expect(clones.map(({ code, isCached }) => [code, isCached])).toEqual(clones.map(() => [0, true]));
  expect(server.sentBytes - before).toBeLessThan(2 * CONTENT_BYTES);
});

describe('who may not read at the remote', () => {
  beforeEach(async () => {
    server.commit('secret', { 'a.txt': 'secret' });
    server.credentials = { user: 'me', password: 'hunter2' };
    const url = `${server.url.replace('http://', 'http://me:hunter2@')}/secret.git`;
    const owner = await program.run(['-url', url], { door: join(folder, 'door') });
    expect([owner.code, owner.output]).toEqual([0, expect.stringContaining('comes from the mirror cache')]);
  });

  test.each([
    ['without credentials', undefined],
    ['with wrong ones', `Basic ${Buffer.from('me:wrong').toString('base64')}`],
  ])('%s gets nothing from the mirror', async (_, authorization) => {
    const wanted = {
      url: urlOf('secret'),
      revision: 'main',
      depth: 1,
      ...(authorization === undefined ? {} : { authorization }),
    };
    expect(await knock(wanted)).toBe(404);
    const commit = server.git(['rev-parse', 'HEAD'], join(server.root, 'secret.work'));
    expect(await knock({ ...wanted, revision: commit })).toBe(404);
    expect(mirrors()).toHaveLength(1);
    const right = `Basic ${Buffer.from('me:hunter2').toString('base64')}`;
    expect(await knock({ ...wanted, authorization: right })).toBe(200); // and it is there
  });

  test('fails as without a cache, with the same word', async () => {
    const { code, failure } = await clone('secret');
    expect([code, failure?.reason]).toEqual([1, 'GitAuthMissing']);
  });

  test('credentials are kept nowhere', () => {
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    for (const { parentPath, name } of files)
      expect(readFileSync(join(parentPath, name), 'latin1')).not.toMatch(/hunter2|bWU6aHVudGVyMg/);
  });
});

test('a commit that the remote hands out no more is in the mirror, and stays there', async () => {
  const gone = server.commit('rewritten', { 'a.txt': 'a secret that was removed' });
  await clone('rewritten');
  rmSync(join(server.root, 'rewritten.work'), { recursive: true });
  server.commit('rewritten', { 'a.txt': 'clean' });
  server.isOld = true; // hands out what its refs name
  expect(server.git(['cat-file', '-t', gone], mirrorPath())).toBe('commit');
  expect(await knock({ url: urlOf('rewritten'), revision: gone, depth: 1 })).toBe(404);
  server.isOld = false;
});

test('what git holds to be harmful comes by no mirror', async () => {
  const modules = `[submodule "../../x"]\n\tpath = sub\n\turl = ${urlOf('plain')}\n`;
  server.commit('harmful', { '.gitmodules': modules, 'a.bin': content() });
  for (let round = 0; round < 2; round++) {
    const { code, failure, isCached } = await clone('harmful');
    expect([code, failure?.reason, isCached]).toEqual([1, 'GitContentRefused', false]);
  }
});

test('a container sees the door, and nothing of the mirrors', async () => {
  server.commit('big', { 'a.txt': 'a' });
  await clone('big');
  expect(readdirSync(join(folder, 'door'))).toEqual(['socket']);
  expect(statSync(join(folder, 'mirrors')).mode & 0o077).toBe(0);
});

describe('a mirror that is damaged', () => {
  const packFile = (): string => {
    const packs = mirrorPath('objects/pack');
    return join(
      packs,
      readdirSync(packs).find((name) => name.endsWith('.pack'))!,
    );
  };
  // prettier-ignore
  const DAMAGES: [what: string, damage: () => void][] = [
    ['bytes of a pack', () => {
      const bytes = readFileSync(packFile());
      bytes.fill(0x5a, bytes.length >> 1, (bytes.length >> 1) + 64);
      const file = packFile();
      rmSync(file);
      writeFileSync(file, bytes);
    }],
    ['a pack that is gone', () => rmSync(packFile())],
    ['a lock that is left', () => writeFileSync(mirrorPath('shallow.lock'), '')],
    ['settings that are none', () => writeFileSync(mirrorPath('config'), '[[[')],
  ];
  test.each(DAMAGES)('by %s costs a clone nothing but the time, and is made anew', async (_, damage) => {
    server.commit('fragile', { 'a.bin': content() });
    await clone('fragile');
    damage();
    const commit = server.commit('fragile', { 'b.txt': randomBytes(8).toString('hex') });
    for (let round = 0; round < 3; round++) {
      const { code, facts, path } = await clone('fragile');
      expect([code, facts['commit']]).toEqual([0, commit]);
      expect(server.git(['fsck'], path)).toBe('');
    }
    const { isCached, sent } = await clone('fragile');
    expect([isCached, sent < 10_000]).toEqual([true, true]);
  });

  test('because its service was killed while it wrote is gone when the next one starts', async () => {
    server.commit('killed', { 'a.bin': content() });
    await clone('killed');
    writeFileSync(mirrorPath('slipway-writing'), '');
    writeFileSync(mirrorPath('shallow.lock'), '');
    writeFileSync(mirrorPath('objects/pack/tmp_pack_x'), 'half');
    mkdirSync(join(folder, 'scratch/7'), { recursive: true });
    await open();
    expect([mirrors(), readdirSync(join(folder, 'scratch')), readdirSync(join(folder, 'trash'))]).toEqual([[], [], []]);
    expect((await clone('killed')).isCached).toBe(true);
  });
});

test('the least recently used mirrors go when there is no room', async () => {
  await open(3.5 * CONTENT_BYTES);
  const names = ['one', 'two', 'three', 'four'];
  for (const name of names) server.commit(name, { 'a.bin': randomBytes(CONTENT_BYTES).toString('base64') });
  for (const name of ['one', 'two', 'three', 'one', 'four']) expect((await clone(name)).code).toBe(0);
  const sent: Record<string, boolean> = {};
  for (const name of ['one', 'four', 'two']) sent[name] = (await clone(name)).sent < 10_000;
  expect(sent).toEqual({ one: true, four: true, two: false });
});

test('a repository that is larger than all room is cloned without a mirror, and not tried again at once', async () => {
  await open(1 << 20);
  server.commit('huge', { 'a.bin': randomBytes(3 << 20).toString('latin1') });
  const first = await clone('huge');
  const second = await clone('huge');
  expect([first.code, first.isCached, second.code, second.isCached]).toEqual([0, false, 0, false]);
  expect(second.sent).toBeLessThan(1.5 * (4.6 * 2 ** 20));
  expect(mirrors()).toEqual([]);
});

const nothing = (): void => undefined;
// prettier-ignore
const WITHOUT: [when: string, args: string[], options: RunOptions, prepare: () => unknown][] = [
  ['the host is one that is not asked for users', [], {}, () => open(1 << 30, new NetworkGuard([]))],
  ['the server has no partial clones', [], {}, () => server.git(['config', 'uploadpack.allowFilter', 'false'], join(server.root, 'plain.git'))],
  ['the step has a proxy of its own', [], { env: { no_proxy: '*' } }, nothing],
  ['the step has certificates of its own', [], { env: { GIT_SSL_CAPATH: '/etc/ssl' } }, nothing],
  ['nobody looks at certificates', ['-sslVerify=false'], {}, nothing],
  ['the depth is another', ['-depth=2'], {}, nothing],
  ['a refspec says what is fetched', ['-refspec', 'refs/heads/main:refs/heads/main'], {}, nothing],
  ['the clone is partial', ['-filter', 'blob:none'], {}, nothing],
  ['there is no door', [], {}, () => rmSync(join(folder, 'door/socket'))],
];
test.each(WITHOUT)('a step clones by itself when %s', async (_, args, options, prepare) => {
  const files = Array.from({ length: 12 }, (_, i) => [`${i}.txt`, randomBytes(8).toString('hex')]);
  const commit = server.commit('plain', Object.fromEntries(files) as Record<string, string>);
  server.git(['config', 'uploadpack.allowFilter', 'true'], join(server.root, 'plain.git'));
  await prepare();
  const { code, facts, isCached } = await clone('plain', args, options);
  expect([code, facts['commit'], isCached]).toEqual([0, commit, false]);
});

describe('behind a door that lies', () => {
  async function behind(answer: RequestListener) {
    const door = mkdtempSync(join(program.folder, 'door-'));
    const liar = createServer(answer);
    await new Promise<void>((resolve) => liar.listen(join(door, 'socket'), resolve));
    const commit = server.commit('plain', { 'a.txt': randomBytes(8).toString('hex') });
    const done = await clone('plain', [], { door });
    liar.closeAllConnections();
    liar.close();
    return { commit, ...done };
  }
  const packOf = (name: string): Buffer => {
    const packs = join(server.root, `${name}.git/objects/pack`);
    server.git(['repack', '-adq'], join(server.root, `${name}.git`));
    return readFileSync(
      join(
        packs,
        readdirSync(packs).find((file) => file.endsWith('.pack'))!,
      ),
    );
  };

  // prettier-ignore
  test.each([
    ['what is no pack', (): RequestListener => (_request, response) => response.writeHead(200, { 'x-slipway-commit': 'a'.repeat(40) }).end('nothing')],
    ['half a pack', (other: string): RequestListener => (_request, response) => {
      response.writeHead(200, { 'x-slipway-commit': other });
      response.write(packOf('other').subarray(0, 100), () => response.destroy());
    }],
    ['a commit that is not in its pack', (): RequestListener => (_request, response) => response.writeHead(200, { 'x-slipway-commit': 'b'.repeat(40) }).end(packOf('other'))],
    ['another repository', (other: string): RequestListener => (_request, response) => response.writeHead(200, { 'x-slipway-commit': other }).end(packOf('other'))],
    ['a header that is none', (): RequestListener => (_request, response) => response.writeHead(200, { 'x-slipway-commit': '--all' }).end(packOf('other'))],
  ])('that sends %s, the commit is still what the remote says', async (_, make) => {
    const other = server.commit('other', { 'a.txt': 'other' });
    const { code, facts, commit, path, output } = await behind(make(other));
    expect([code, facts['commit'], output]).toEqual([0, commit, expect.stringContaining('Successfully')]);
    expect(server.git(['status', '--short'], path)).toBe('');
    expect(server.git(['rev-list', '--count', 'HEAD'], path)).toBe('1');
  });
});
