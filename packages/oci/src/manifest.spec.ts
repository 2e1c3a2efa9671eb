import { manifestFor, parseManifest, type Platform } from './manifest.js';

const digest = (letter: string): string => `sha256:${letter.repeat(64)}`;
const AMD64: Platform = { os: 'linux', architecture: 'amd64' };
const ARM64: Platform = { os: 'linux', architecture: 'arm64', variant: 'v8' };

function entry(letter: string, os: string, architecture: string, variant?: string): object {
  return { digest: digest(letter), platform: { os, architecture, ...(variant === undefined ? {} : { variant }) } };
}

// prettier-ignore
const indexes: [what: string, entries: object[], platform: Platform, found: string][] = [
  ['of this machine among others', [entry('a', 'linux', 'arm64'), entry('b', 'linux', 'amd64')], AMD64, 'b'],
  ['of this system', [entry('a', 'windows', 'amd64'), entry('b', 'linux', 'amd64')], AMD64, 'b'],
  ['of its variant', [entry('a', 'linux', 'arm64', 'v9'), entry('b', 'linux', 'arm64', 'v8')], ARM64, 'b'],
  ['of no variant', [entry('a', 'linux', 'arm64')], ARM64, 'a'],
];

test.each(indexes)('manifestFor takes the one %s', (_what, manifests, platform, found) => {
  expect(manifestFor({ manifests }, platform)).toBe(digest(found));
});

test('manifestFor says what there is when nothing fits, and nothing of attestations', () => {
  const manifests = [entry('a', 'linux', 's390x'), entry('b', 'unknown', 'unknown')];
  expect(() => manifestFor({ manifests }, AMD64)).toThrow(
    "no match for platform linux/amd64 in the image's index: it has linux/s390x",
  );
  expect(manifestFor({ layers: [] }, AMD64)).toBeUndefined();
});

const blob = (mediaType: string): object => ({ mediaType, digest: digest('c'), size: 7 });

// prettier-ignore
test.each([
  ['application/vnd.oci.image.layer.v1.tar', 'none'],
  ['application/vnd.oci.image.layer.v1.tar+gzip', 'gzip'],
  ['application/vnd.oci.image.layer.v1.tar+zstd', 'zstd'],
  ['application/vnd.oci.image.layer.nondistributable.v1.tar+gzip', 'gzip'],
  ['application/vnd.docker.image.rootfs.diff.tar.gzip', 'gzip'],
  ['application/vnd.docker.image.rootfs.foreign.diff.tar.gzip', 'gzip'],
])('parseManifest knows a layer of type %s', (mediaType, packing) => {
  const { layers } = parseManifest({ config: blob('x'), layers: [blob(mediaType)] });
  expect(layers).toEqual([{ digest: digest('c'), sizeBytes: 7, packing }]);
});

// prettier-ignore
test.each<[unknown, RegExp]>([
  [undefined, /no layers/], ['text', /no layers/], [{ schemaVersion: 1, fsLayers: [] }, /schema 1/],
  [{ layers: [] }, /configuration has no size/],
  [{ config: { digest: 'md5:1', size: 1 }, layers: [] }, /no sha256 digest/],
  [{ config: { digest: digest('a'), size: -1 }, layers: [] }, /no size/],
  [{ config: blob('x'), layers: [blob('application/vnd.oci.image.layer.v1.tar+encrypted')] }, /layer 0 is of the unknown type/],
  [{ config: blob('x'), layers: [null] }, /layer 0/],
  [{ config: { digest: `${digest('a')}/../..`, size: 1 }, layers: [] }, /no sha256 digest/],
])('parseManifest refuses %j', (manifest, why) => {
  expect(() => parseManifest(manifest)).toThrow(why);
});
