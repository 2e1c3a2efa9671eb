import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pullRequestInit } from '../src/steps/pull-request/program.js';
import { HEAD, startPullRequestServer, type PullRequestServer } from './pull-request-server.js';

let folder: string;
let server: PullRequestServer;
/** A folder that the step alone sees, beside its workspace. */
let secrets: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-pr-'));
  server = await startPullRequestServer({ repository: 'org/repo', number: 7 });
  writeFileSync(join(folder, 'token'), 'hunter2\n');
  secrets = mkdtempSync(join(tmpdir(), 'slipway-pr-secrets-'));
  writeFileSync(join(secrets, 'authtoken'), 'hunter2');
});
afterAll(async () => {
  await server.close();
  for (const one of [folder, secrets]) rmSync(one, { recursive: true, force: true });
});

const LABELS = ['approved', 'cla: yes', 'size/L', '.MANIFEST', '..'];
beforeEach(() => {
  server.state = {
    labels: [...LABELS],
    comments: [1, 2, 3].map((id) => ({ id, body: `comment ${id}` })),
    statuses: [{ state: 'pending', label: 'ci/test', desc: 'runs', target: 'https://ci/1' }],
  };
  server.token = undefined;
  server.requests = [];
  server.credentials = [];
  server.overrides.clear();
});

/** As a step runs the program. */
async function run(args: readonly string[], mirrors = ''): Promise<{ code: number; output: string }> {
  let output = '';
  const code = await pullRequestInit(args, mirrors, (words) => (output += words));
  return { code, output };
}

const json = (...path: string[]): unknown => JSON.parse(readFileSync(join(...path), 'utf8')) as unknown;
let paths = 0;
const fresh = (): string => join(folder, `pr-${++paths}`);

// prettier-ignore
const providers: [provider: string, url: () => string, mirrors: () => string][] = [
  ['github', () => 'https://github.com/org/repo/pull/7', () => `https://api.github.com/=${server.url}/`],
  ['github', () => `${server.url}/org/repo/pull/7`, () => ''],
  ['gitlab', () => `${server.url}/org/repo/-/merge_requests/7`, () => ''],
];

describe.each(providers)('a pull request of %s', (provider, url, mirrors) => {
  const step = (mode: string, path: string, ...more: string[]) =>
    run(['-mode', mode, '-url', url(), '-path', path, '-provider', provider, ...more], mirrors());

  test('is files, with names that no file system misunderstands, and all pages of every list', async () => {
    const path = fresh();
    expect(await step('download', path)).toMatchObject({ code: 0 });
    expect(readdirSync(join(path, 'labels')).sort()).toEqual(
      ['.MANIFEST', '%2E.', '%2EMANIFEST', 'approved', 'cla%3A+yes', 'size%2FL'].sort(),
    );
    expect(json(path, 'pr.json')).toMatchObject({ Number: 7, Title: 'Title', Body: '', Sha: HEAD, State: 'open' });
    expect(json(path, 'head.json')).toMatchObject({ Ref: 'topic', Sha: HEAD });
    expect(json(path, 'base.json')).toMatchObject({ Ref: 'main', Repo: { FullName: 'org/repo' } });
    expect(json(path, 'comments/3.json')).toMatchObject({ ID: 3, Body: 'comment 3', Author: { Login: 'me' } });
    expect(json(path, 'status/ci%2Ftest.json')).toEqual({
      ...{ State: 'pending', Label: 'ci/test', Desc: 'runs', Target: 'https://ci/1' },
    });
  });

  test('that is copied from input to output is not written, and needs no token', async () => {
    const [path, copy] = [fresh(), fresh()];
    await step('download', path);
    cpSync(path, copy, { recursive: true });
    server.token = 'hunter2';
    expect(await step('upload', copy)).toMatchObject({
      code: 0,
      output: expect.stringMatching(/nothing is written/) as string,
    });
    expect(server.requests.filter((request) => !request.startsWith('GET'))).toEqual([]);
  });

  test('gets what a task changed, and keeps what others did meanwhile', async () => {
    const path = fresh();
    await step('download', path);
    rmSync(join(path, 'labels/approved'));
    writeFileSync(join(path, 'labels/needs+work'), '');
    rmSync(join(path, 'comments/2.json'));
    writeFileSync(join(path, 'comments/new'), 'as plain text');
    writeFileSync(join(path, 'comments/other.json'), '{"Body":"as JSON"}');
    writeFileSync(
      join(path, 'status/mine.json'),
      '{"Label":"mine","State":"success","Desc":"ok","Target":"https://t"}',
    );
    server.state.labels.push('came later');
    server.state.comments.push({ id: 9, body: 'came later' });
    server.token = 'hunter2';
    const { code, output } = await step('upload', path, '-tokenFile', join(folder, 'token'));
    expect([code, output]).toEqual([0, expect.stringContaining('set status "mine" to success')]);
    expect(output).not.toContain('hunter2');
    expect(server.state.labels.sort()).toEqual([...LABELS.slice(1), 'came later', 'needs work'].sort());
    expect(server.state.comments.map(({ body }) => body)).toEqual([
      ...['comment 1', 'comment 3', 'came later', 'as plain text', 'as JSON'],
    ]);
    expect(server.state.statuses).toContainEqual({ state: 'success', label: 'mine', desc: 'ok', target: 'https://t' });
    expect(server.state.statuses).toHaveLength(2);
  });
});

const github = (...args: string[]) => run(['-url', `${server.url}/org/repo/pull/7`, '-provider', 'github', ...args]);

test('an output that a task left empty changes nothing', async () => {
  const path = fresh();
  mkdirSync(path);
  expect(await github('-mode', 'upload', '-path', path)).toMatchObject({ code: 0 });
  expect(server.requests).toEqual([]);
});

test('every change that fails is named, and the others are made', async () => {
  const path = fresh();
  await github('-mode', 'download', '-path', path);
  writeFileSync(join(path, 'labels/a'), '');
  writeFileSync(join(path, 'comments/b'), 'text');
  server.overrides.set('/api/v3/repos/org/repo/issues/7/labels', (response) => {
    if (server.requests.at(-1)!.startsWith('GET')) return void response.end('[]');
    response.writeHead(403).end('{"message":"Resource not accessible"}');
  });
  const { code, output } = await github('-mode', 'upload', '-path', path);
  expect([code, output]).toEqual([1, expect.stringMatching(/add label "a": .*status 403: Resource not accessible/)]);
  expect(server.state.comments.at(-1)).toEqual({ id: 4, body: 'text' });
});

function linkTo(target: string, path: string): void {
  rmSync(path, { recursive: true });
  symlinkSync(target, path);
}

// prettier-ignore
const hostile: [given: string, plant: (path: string) => void, problem: RegExp][] = [
  ['a comment that is a link to a secret', (path) => symlinkSync('/etc/passwd', join(path, 'comments/x')), /comments\/x: ELOOP/],
  ['a status that is no JSON', (path) => writeFileSync(join(path, 'status/x.json'), '{'), /status\/x.json is not JSON/],
  ['a status without a state', (path) => writeFileSync(join(path, 'status/x.json'), '{"Label":"x"}'), /must have a Label and a State/],
  ['a comment that is a folder', (path) => mkdirSync(join(path, 'comments/x')), /comments\/x is not a file/],
  ['a comment of two megabytes', (path) => writeFileSync(join(path, 'comments/x'), 'x'.repeat(2 << 20)), /larger than 1 MiB/],
  ['a head that names no commit', (path) => writeFileSync(join(path, 'head.json'), '{"Sha":"../x"}'), /head.json has no commit/],
  ['a folder of comments that is a link to secrets', (path) => linkTo(secrets, join(path, 'comments')), /comments is a link/],
  ['a folder that is a link to elsewhere', (path) => {
    cpSync(path, join(secrets, 'pr'), { recursive: true });
    linkTo(join(secrets, 'pr'), path);
  }, /leads out of/],
];
test.each(hostile)('%s is refused, and nothing is written', async (_given, plant, problem) => {
  const path = fresh();
  await github('-mode', 'download', '-path', path);
  plant(path);
  const { code, output } = await github('-mode', 'upload', '-path', path);
  expect([code, output]).toEqual([1, expect.stringMatching(problem)]);
  expect(server.requests.filter((request) => !request.startsWith('GET'))).toEqual([]);
});

test('the token goes to no other host, where a redirect leads to one', async () => {
  const seen: unknown[] = [];
  const other = createServer((request, response) => {
    seen.push(request.headers.authorization);
    response.end('{}');
  });
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const location = `http://127.0.0.1:${(other.address() as AddressInfo).port}/`;
  server.overrides.set(
    '/api/v3/repos/org/repo/pulls/7',
    (response) => void response.writeHead(302, { location }).end(),
  );
  const { code } = await github('-mode', 'download', '-path', fresh(), '-tokenFile', join(folder, 'token'));
  other.close();
  expect([code, new Set(server.credentials), seen]).toEqual([1, new Set(['Bearer hunter2']), [undefined]]);
});

test('what is missing is named', async () => {
  const { code, output } = await run([
    '-url',
    `${server.url}/org/none/pull/1`,
    '-provider',
    'github',
    '-path',
    fresh(),
  ]);
  expect([code, output]).toEqual([
    1,
    expect.stringMatching(/GET .*\/repos\/org\/none\/pulls\/1 answered with status 404: Not Found/),
  ]);
});
