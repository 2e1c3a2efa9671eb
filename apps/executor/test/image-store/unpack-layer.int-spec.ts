// Layers onto a real disk: what honest ones become, and what hostile ones cannot do.

import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pathWithin } from '../../src/io/image-store/path-within.js';
import { unpackLayer, type Budget } from '../../src/io/image-store/unpack-layer.js';
import { file, folder, hardLink, link, tarOf, type TarEntry } from './tar-of.js';

let place: string;
let root: string;
let outside: string;

beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'slipway-unpack-'));
  root = join(place, 'root');
  outside = join(place, 'outside');
  mkdirSync(root);
  mkdirSync(join(outside, 'sub'), { recursive: true });
  writeFileSync(join(outside, 'secret'), 'untouched', { mode: 0o600 });
});
afterEach(() => rmSync(place, { recursive: true, force: true }));

async function unpack(entries: readonly TarEntry[], budget: Partial<Budget> = {}): Promise<void> {
  const keepsOwners = process.getuid?.() === 0;
  const tar = Readable.from([await tarOf(entries)]);
  await unpackLayer([tar], { root, budget: { bytes: 1 << 20, files: 1000, ...budget }, keepsOwners });
}

/** Every path outside the root, with what a change of it would change. */
function outsideNow(): unknown[] {
  return ['', 'secret', 'sub', ...readdirSync(outside)].map((name) => {
    const { mode, uid, mtimeMs, nlink, ino } = lstatSync(join(outside, name));
    const content = name === 'secret' ? readFileSync(join(outside, name), 'utf8') : '';
    return { name, mode, uid, mtimeMs, nlink, ino, content };
  });
}

const inRoot = (path: string): string => readFileSync(join(root, path), 'utf8');

describe('a layer', () => {
  test('brings files, folders, links and hard links, with modes and times', async () => {
    const mtime = new Date(1_500_000_000_000);
    await unpack([
      folder('bin', { mode: 0o711, mtime }),
      file('bin/sh', 'shell', { mode: 0o4755, mtime }),
      link('bin/ash', 'sh'),
      hardLink('bin/dash', 'bin/sh'),
      file('./deep/er/than/its/folders', 'deep'),
      link('etc', '/usr/etc'),
    ]);
    expect(inRoot('bin/ash')).toBe('shell');
    expect(statSync(join(root, 'bin/dash')).ino).toBe(statSync(join(root, 'bin/sh')).ino);
    expect(lstatSync(join(root, 'bin/sh')).mode & 0o7777).toBe(0o4755);
    expect(lstatSync(join(root, 'bin/sh')).mtime).toEqual(mtime);
    expect(lstatSync(join(root, 'bin')).mtime).toEqual(mtime);
    expect(inRoot('deep/er/than/its/folders')).toBe('deep');
    expect(readlinkSync(join(root, 'etc'))).toBe('/usr/etc');
  });

  test('follows links of lower layers inside the root, as a container would', async () => {
    await unpack([folder('usr/lib'), link('lib', '/usr/lib'), link('lib64', '../../../lib')]);
    await unpack([file('lib/a'), file('lib64/b')]);
    expect(readdirSync(join(root, 'usr/lib')).sort()).toEqual(['a', 'b']);
  });

  test('puts its own in the place of what is there: a folder over a link, a file over a folder', async () => {
    await unpack([link('a', 'b'), folder('b'), file('c/d'), file('e')]);
    await unpack([folder('a'), file('a/x'), file('c', 'file now'), folder('e')]);
    expect(lstatSync(join(root, 'a')).isDirectory()).toBe(true);
    expect(readdirSync(join(root, 'b'))).toEqual([]);
    expect(inRoot('c')).toBe('file now');
    expect(lstatSync(join(root, 'e')).isDirectory()).toBe(true);
  });

  test('removes what it whites out of lower layers, and nothing that it has itself', async () => {
    await unpack([file('a/old'), file('a/kept'), file('b/old'), file('b/sub/old'), file('c')]);
    await unpack([
      file('a/.wh.old', ''),
      file('b/sub/new'),
      file('b/.wh..wh..opq', ''),
      file('b/new'),
      file('.wh.c', ''),
      file('.wh.never-there', ''),
      file('d/.wh.neither', ''),
    ]);
    expect(readdirSync(join(root, 'a'))).toEqual(['kept']);
    expect(readdirSync(join(root, 'b')).sort()).toEqual(['new', 'sub']);
    expect(readdirSync(join(root, 'b/sub'))).toEqual(['new']);
    expect(existsSync(join(root, 'c'))).toBe(false);
    expect(existsSync(join(root, 'd'))).toBe(false);
  });

  test('leaves out devices and pipes', async () => {
    await unpack([
      { name: 'dev/sda', type: 'block-device', devmajor: 8, devminor: 0 },
      { name: 'dev/mem', type: 'character-device', devmajor: 1, devminor: 1 },
      { name: 'run/pipe', type: 'fifo' },
    ]);
    expect([...readdirSync(join(root, 'dev')), ...readdirSync(join(root, 'run'))]).toEqual([]);
  });
});

describe('nothing outside is touched by', () => {
  // prettier-ignore
  const attacks: [what: string, entries: () => TarEntry[], refused: RegExp | undefined][] = [
    ['a name with dots', () => [file('../outside/evil')], /leads out of the image/],
    ['a name with dots in its middle', () => [file('a/../../outside/secret', 'evil')], /leads out of the image/],
    ['an absolute name', () => [file(`${outside}/secret`, 'evil')], undefined],
    ['a file behind an absolute link', () => [link('a', outside), file('a/secret', 'evil')], undefined],
    ['a file behind a relative link', () => [link('a', '../outside'), file('a/secret', 'evil')], undefined],
    ['a file behind links of links', () => [link('a', 'b'), link('b', '..'), file('a/outside/secret', 'evil')], undefined],
    ['a file in the place of a link', () => [link('a', `${outside}/secret`), file('a', 'evil')], undefined],
    ['a folder in the place of a link', () => [link('a', `${outside}/sub`), folder('a', { mode: 0o777 })], undefined],
    ['folders behind a link', () => [link('a', outside), folder('a/sub', { mode: 0o777 }), folder('a/new')], undefined],
    ['a hard link with dots', () => [hardLink('a', '../outside/secret')], /leads out of the image/],
    ['a hard link to an absolute name', () => [hardLink('a', `${outside}/secret`)], /which is no file/],
    ['a hard link behind a link', () => [link('l', outside), hardLink('a', 'l/secret')], /which is no file/],
    ['a write through a hard link to a link', () => [link('l', `${outside}/secret`), hardLink('a', 'l'), file('a', 'evil')], undefined],
    ['a hard link made behind a link', () => [file('x', 'evil'), link('l', outside), hardLink('l/secret', 'x')], undefined],
    ['a whiteout of the folder above', () => [folder('a'), file('a/.wh...', '')], /hides nothing/],
    ['a whiteout of its folder', () => [folder('a'), file('a/.wh..', '')], /hides nothing/],
    ['a whiteout behind a link', () => [link('a', outside), file('a/.wh.secret', '')], undefined],
    ['an opaque whiteout behind a link', () => [link('a', outside), file('a/.wh..wh..opq', '')], undefined],
    ['the mode of a folder that a link took the place of', () => [folder('a/sub', { mode: 0o777, uid: 7 }), file('.wh.x', ''), link('a', outside)], undefined],
    ['links that go round', () => [link('a', 'b'), link('b', 'a'), file('a/x')], /too many links/],
    ['a link that goes round and out', () => [link('a', '../../../../../../..'), file(`a${'/x'.repeat(3)}`)], undefined],
  ];

  test.each(attacks)('%s', async (_what, entries, refused) => {
    const before = outsideNow();
    const done = unpack(entries());
    if (refused === undefined) await done;
    else await expect(done).rejects.toThrow(refused);
    expect(outsideNow()).toEqual(before);
    expect(readdirSync(place).sort()).toEqual(['outside', 'root']);
  });
});

describe('a layer is refused', () => {
  // prettier-ignore
  const bombs: [what: string, entries: TarEntry[], budget: Partial<Budget>, why: RegExp][] = [
    ['for more bytes than the image may have', [file('a', 'x'.repeat(100_000))], { bytes: 50_000 }, /more than it may/],
    ['for more files than it may have', Array.from({ length: 20 }, (_, i) => file(`f${i}`)), { files: 10 }, /more files than it may/],
    ['for folders that only a name makes', [file(`${'d/'.repeat(500)}f`)], { files: 100 }, /more files than it may/],
    ['for an owner that cannot be', [file('a', 'x', { pax: { uid: '-5' } })], {}, /no possible uid/],
    ['for a link to nothing', [{ name: 'a', type: 'symlink', linkname: '' }], {}, /link to nothing/],
    ['for a name that no disk takes', [file('n'.repeat(300))], {}, /ENAMETOOLONG/],
    ['for a file below a file', [file('a'), file('a/b')], {}, /ENOTDIR|EEXIST/],
  ];

  test.each(bombs)('%s', async (_what, entries, budget, why) => {
    await expect(unpack(entries, budget)).rejects.toThrow(why);
  });

  test('when it ends in the middle, and when it is no tar', async () => {
    const whole = await tarOf([file('a', 'x'.repeat(10_000))]);
    const options = { root, budget: { bytes: 1 << 20, files: 10 }, keepsOwners: false };
    await expect(unpackLayer([Readable.from([whole.subarray(0, 5000)])], options)).rejects.toThrow(
      /cannot be unpacked/,
    );
    await expect(unpackLayer([Readable.from([Buffer.alloc(2048, 'no tar')])], options)).rejects.toThrow(
      /cannot be unpacked/,
    );
  });
});

test('pathWithin ends at the root whatever links and dots say', () => {
  mkdirSync(join(root, 'a/b'), { recursive: true });
  symlinkSync('/..', join(root, 'a/up'));
  symlinkSync('/a/b', join(root, 'to-b'));
  const paths: [string, string][] = [
    ['/', ''],
    ['../../..', ''],
    ['/a/up/a/up/../a', 'a'],
    ['to-b/../c', 'a/c'],
    ['not/there/../either', 'not/either'],
  ];
  for (const [path, expected] of paths) expect(pathWithin(root, path)).toBe(join(root, expected));
  expect(pathWithin(root, 'to-b', { followLast: false })).toBe(join(root, 'to-b'));
});
