import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Target } from '../src/steps/archive/target.js';
import { untar } from '../src/steps/archive/untar.js';
import { unzip } from '../src/steps/archive/unzip.js';
import { Crc32c } from '../src/steps/gcs/crc32c.js';
import { gcs } from '../src/steps/gcs/program.js';
import { startStorageServer, type StorageServer } from './storage-server.js';

let root: string;
let server: StorageServer;
let key: string;
let count = 0;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'slipway-gcs-'));
  server = await startStorageServer();
  key = join(root, 'key.json');
  writeFileSync(key, server.credentials);
});
afterAll(async () => {
  await server.close();
  rmSync(root, { recursive: true, force: true });
});
beforeEach(() => {
  server.objects.clear();
  server.requests = [];
  server.overrides.clear();
  server.isPrivate = false;
});

const fresh = (): string => join(root, `folder-${++count}`);
function put(objects: Record<string, string>): void {
  for (const [name, text] of Object.entries(objects)) server.objects.set(name, Buffer.from(text));
}
function write(folder: string, files: Record<string, string>): string {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}
/** Contents of all files below a folder by name. */
function read(folder: string): Record<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = entries.map(({ parentPath, name }) => join(parentPath, name)).sort();
  return Object.fromEntries(paths.map((path) => [path.slice(folder.length + 1), readFileSync(path, 'utf8')]));
}
/** As a step runs the program. */
async function run(
  mode: string,
  location: string,
  path: string,
  ...more: string[]
): Promise<{ code: number; output: string }> {
  let output = '';
  const args = ['-mode', mode, '-location', location, '-path', path, ...more];
  const code = await gcs(args, server.mirrors, (words) => (output += words));
  return { code, output };
}

test('an object comes into the folder under its last name, and a pattern brings several', async () => {
  put({ 'b/a/x.txt': 'x', 'b/a/y.txt': 'y', 'b/a/z.bin': 'z', 'b/a/deep/w.txt': 'w' });
  const [one, several] = [fresh(), fresh()];
  expect(await run('download', 'gs://b/a/x.txt', one)).toMatchObject({ code: 0 });
  expect(await run('download', 'gs://b/a/*.txt', several)).toMatchObject({ code: 0 });
  expect([read(one), read(several)]).toEqual([{ 'x.txt': 'x' }, { 'x.txt': 'x', 'y.txt': 'y' }]);
});

test('a folder is as the bucket has it, on all pages, and holds nothing else', async () => {
  put({ 'b/d/1': '1', 'b/d/2': '2', 'b/d/e/3': '3', 'b/d/e/': '', 'b/dx': 'not in it', 'b/d/5': '5' });
  const folder = write(fresh(), { old: 'old', '1': 'older' });
  expect(await run('download', 'gs://b/d', folder, '-dir=true')).toMatchObject({ code: 0 });
  expect(read(folder)).toEqual({ '1': '1', '2': '2', 'e/3': '3', '5': '5' });
});

test('a private bucket is read and written with a token for the signed key of a service account', async () => {
  server.isPrivate = true;
  put({ 'b/x': 'secret' });
  const folder = fresh();
  expect(await run('download', 'gs://b/x', folder)).toMatchObject({
    code: 1,
    output: expect.stringMatching(/status 401: Login/) as string,
  });
  expect(await run('download', 'gs://b/x', folder, '-credentials', key)).toMatchObject({ code: 0 });
  expect(await run('upload', 'gs://b/copy/', folder, '-credentials', key)).toMatchObject({ code: 0 });
  expect(server.objects.get('b/copy/x')?.toString()).toBe('secret');
  expect(server.requests.filter((request) => request === 'POST /token')).toHaveLength(2); // one for each run
});

test('a key that nobody knows is refused, and shows in no word', async () => {
  const wrong = JSON.parse(server.credentials) as Record<string, string>;
  writeFileSync(join(root, 'wrong.json'), JSON.stringify({ ...wrong, client_email: 'other@x' }));
  const { code, output } = await run('download', 'gs://b/x', fresh(), '-credentials', join(root, 'wrong.json'));
  expect([code, output]).toEqual([1, expect.stringMatching(/\/token answered with status 400: invalid_grant/)]);
  expect(output).not.toMatch(/PRIVATE|assertion/);
});

test('an upload of a folder leaves in the bucket what the folder has, and nothing else below the place', async () => {
  put({ 'b/out/old': 'old', 'b/outside': 'kept' });
  const folder = write(fresh(), { a: '1', 'c/d': '2' });
  symlinkSync(key, join(folder, 'link'));
  const { code, output } = await run('upload', 'gs://b/out', folder, '-dir=true', '-credentials', key);
  expect([code, output]).toEqual([0, expect.stringMatching(/link is a link, and left out|2 of/)]);
  expect([...server.objects.keys()].sort()).toEqual(['b/out/a', 'b/out/c/d', 'b/outside']);
});

test.each(['upload', 'download'])('%s by a link that leads out of the workspace is refused', async (mode) => {
  put({ 'b/out/x': 'x' });
  const outside = mkdtempSync(join(tmpdir(), 'slipway-gcs-outside-'));
  writeFileSync(join(outside, 'key.json'), server.credentials);
  const folder = fresh();
  symlinkSync(outside, folder);
  for (const more of [['-dir=true'], []]) {
    const { code, output } = await run(mode, 'gs://b/out', folder, '-credentials', key, ...more);
    expect([code, output]).toEqual([1, expect.stringMatching(/leads out of/)]);
  }
  expect([...server.objects.keys()]).toEqual(['b/out/x']);
  expect(readdirSync(outside)).toEqual(['key.json']);
  rmSync(outside, { recursive: true });
});

test('an upload without folders takes the files at the top, and one file may get a name of its own', async () => {
  const folder = write(fresh(), { a: '1', 'c/d': '2' });
  await run('upload', 'gs://b/named', folder, '-credentials', key);
  writeFileSync(join(folder, 'e'), '3');
  await run('upload', 'gs://b/two', folder, '-credentials', key);
  expect([...server.objects.keys()].sort()).toEqual(['b/named', 'b/two/a', 'b/two/e']);
});

test('what passes is tried again, and what arrives broken is refused', async () => {
  put({ 'b/x': 'content' });
  let failures = 2;
  server.overrides.set('GET /storage/v1/b/b/o/x', (response) => {
    if (failures-- > 0) return void response.writeHead(503).end();
    server.overrides.clear();
    const [md5Hash, size] = ['AAAAAAAAAAAAAAAAAAAAAA==', '7'];
    response.writeHead(200).end(JSON.stringify({ name: 'x', size, md5Hash }));
  });
  const { code, output } = await run('download', 'gs://b/x', fresh());
  expect([code, output]).toEqual([1, expect.stringMatching(/gs:\/\/b\/x arrived broken/)]);
});

test('a failure is told by a word for programs', async () => {
  const told: unknown[] = [];
  const args = ['-mode', 'download', '-location', 'gs://b/gone', '-path', '/tmp/slipway-gcs-never'];
  await gcs(
    args,
    server.mirrors,
    () => undefined,
    (failure) => told.push(failure),
  );
  expect(told).toMatchObject([
    { reason: 'GcsObjectNotFound', message: expect.stringContaining('gs://b/gone') as string },
  ]);
});

test('what is not there is named', async () => {
  expect((await run('download', 'gs://b/none', fresh())).output).toMatch(/there is no object gs:\/\/b\/none/);
  expect((await run('download', 'gs://b/none', fresh(), '-dir=true')).output).toMatch(/nothing below gs:\/\/b\/none\//);
});

test('an object whose name leads out of the folder is not written', async () => {
  put({ 'b/d/../../evil': 'x' });
  const folder = fresh();
  const { code, output } = await run('download', 'gs://b/d', folder, '-dir=true');
  expect([code, output]).toEqual([1, expect.stringMatching(/leads out of the folder/)]);
  expect(existsSync(join(root, '..', 'evil'))).toBe(false);
});

test('Crc32c is that of the standard', () => {
  const sum = new Crc32c();
  sum.update(Buffer.from('1234'));
  sum.update(Buffer.from('56789'));
  expect(Buffer.from(sum.base64(), 'base64').toString('hex')).toBe('e3069283');
});

describe('the source of a build', () => {
  const source = (): string => {
    const folder = write(fresh(), {
      'file.txt': 'hello',
      'deep/er/run.sh': '#!/bin/sh\n',
      [`${'long/'.repeat(30)}name`]: 'long',
    });
    chmodSync(join(folder, 'deep/er/run.sh'), 0o755);
    symlinkSync('../file.txt', join(folder, 'deep/link'));
    return folder;
  };
  const archived = (type: string): Buffer => {
    const folder = source();
    const file = `${folder}.archive`;
    if (type === 'TarGzArchive') execFileSync('tar', ['-czf', file, '-C', folder, '.']);
    else execFileSync('python3', ['-c', PYTHON_ZIP, folder, file]);
    return readFileSync(file);
  };

  test.each(['TarGzArchive', 'ZipArchive', 'Archive'])('as %s is unpacked with modes and links', async (type) => {
    server.objects.set('b/archive', archived(type));
    const folder = fresh();
    expect(await run('download', 'gs://b/archive', folder, '-artifactType', type)).toMatchObject({ code: 0 });
    expect(read(folder)).toEqual({
      'file.txt': 'hello',
      'deep/er/run.sh': '#!/bin/sh\n',
      [`${'long/'.repeat(30)}name`]: 'long',
    });
    expect(statSync(join(folder, 'deep/er/run.sh')).mode & 0o777).toBe(0o755);
    if (type === 'TarGzArchive') expect(readFileSync(join(folder, 'deep/link'), 'utf8')).toBe('hello');
  });

  test('as a Manifest goes up file by file under its digest, and comes down again', async () => {
    const folder = write(fresh(), { a: '1', 'b/c': '2' });
    const more = ['-artifactType', 'Manifest', '-credentials', key];
    expect(await run('upload', 'gs://b/builds/manifest.json', folder, ...more)).toMatchObject({ code: 0 });
    expect(server.objects.size).toBe(3);
    const copy = fresh();
    expect(await run('download', 'gs://b/builds/manifest.json', copy, ...more)).toMatchObject({ code: 0 });
    expect(read(copy)).toEqual({ a: '1', 'b/c': '2' });
  });

  test('as a Manifest whose digest is another file is refused', async () => {
    put({ 'b/x': 'x', 'b/m': JSON.stringify({ f: { sourceUrl: 'gs://b/x', sha1sum: '0'.repeat(40) } }) });
    const { output } = await run('download', 'gs://b/m', fresh(), '-artifactType', 'Manifest');
    expect(output).toMatch(/"f" has the digest .* not 0000/);
  });

  test('that is no archive is refused', async () => {
    put({ 'b/x': 'hello'.repeat(500) });
    for (const type of ['TarGzArchive', 'ZipArchive']) {
      const { code, output } = await run('download', 'gs://b/x', fresh(), '-artifactType', type);
      expect([code, output]).toEqual([1, expect.stringMatching(/incorrect header check|not a zip archive/)]);
    }
  });
});

const PYTHON_ZIP = `
import os, sys, zipfile
folder, file = sys.argv[1:]
with zipfile.ZipFile(file, 'w', zipfile.ZIP_DEFLATED) as z:
    for at, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(at, name)
            if not os.path.islink(path): z.write(path, os.path.relpath(path, folder))
`;

describe('an archive of a stranger', () => {
  interface TarEntry {
    name: string;
    type?: string;
    content?: string;
    link?: string;
  }
  function tar(...entries: TarEntry[]): string {
    const blocks = entries.flatMap(({ name, type = '0', content = '', link = '' }) => {
      const head = Buffer.alloc(512);
      head.write(name, 0);
      head.write('0000644\0', 100);
      head.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124);
      head.write('        ', 148);
      head.write(type, 156);
      head.write(link, 157);
      head.write('ustar\0', 257);
      const sum = head.reduce((total, byte) => total + byte, 0);
      head.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
      const body = Buffer.alloc(Math.ceil(content.length / 512) * 512);
      body.write(content);
      return [head, body];
    });
    const file = join(root, `archive-${++count}.tgz`);
    writeFileSync(file, gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)])));
    return file;
  }

  // prettier-ignore
  const hostile: [given: string, entries: TarEntry[], problem: RegExp][] = [
    ['with a name that leads out', [{ name: '../evil', content: 'x' }], /leads out/],
    ['with an absolute name', [{ name: '/tmp/evil', content: 'x' }], /leads out/],
    ['with a link that leads out', [{ name: 'l', type: '2', link: '../../etc' }], /the link "l" leads out/],
    ['with an absolute link', [{ name: 'l', type: '2', link: '/etc' }], /the link "l" leads out/],
    ['with a second name of a file', [{ name: 'l', type: '1', link: '/etc/passwd' }], /second name/],
    ['with a device', [{ name: 'd', type: '3' }], /device or a pipe/],
    ['that writes through its own file', [{ name: 'a', content: 'x' }, { name: 'a/b', content: 'y' }], /on its way/],
  ];
  test.each(hostile)('%s is refused', async (_given, entries, problem) => {
    const target = new Target(fresh());
    await expect(untar(tar(...entries), target).then(() => target.finish())).rejects.toThrow(problem);
    expect(existsSync(join(root, 'evil'))).toBe(false);
  });

  test('writes nothing through a link that it brings itself: links are made last (A2)', async () => {
    const folder = fresh();
    mkdirSync(join(folder, 'real'), { recursive: true });
    const target = new Target(folder);
    await untar(tar({ name: 'l', type: '2', link: 'real' }, { name: 'l/f', content: 'x' }), target);
    expect(() => target.finish()).toThrow(/is a folder, too/);
    expect(readdirSync(join(folder, 'real'))).toEqual([]);
  });

  test('does not write through a link that a task left in the folder (A1)', async () => {
    const folder = fresh();
    mkdirSync(folder);
    symlinkSync(root, join(folder, 'out'));
    await expect(untar(tar({ name: 'out/evil', content: 'x' }), new Target(folder))).rejects.toThrow(/on its way/);
  });

  test('is stopped where it unpacks to more bytes or files than there may be (A3)', async () => {
    const bomb = tar({ name: 'a', content: 'x'.repeat(5000) }, { name: 'b', content: 'x' });
    await expect(untar(bomb, new Target(fresh(), { files: 10, bytes: 4000 }))).rejects.toThrow(/more than 4000 bytes/);
    await expect(untar(bomb, new Target(fresh(), { files: 1, bytes: 1e6 }))).rejects.toThrow(/more than 1 files/);
  });

  test('that was cut off is refused', async () => {
    const file = tar({ name: 'a', content: 'x'.repeat(5000) });
    writeFileSync(file, readFileSync(file).subarray(0, 60));
    await expect(untar(file, new Target(fresh()))).rejects.toThrow();
    await expect(unzip(file, new Target(fresh()))).rejects.toThrow(/not a zip archive/);
  });
});
