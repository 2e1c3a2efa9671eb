import { bundleLayer, manifestInIndex } from './bundle-manifest.js';
import { firstTarFile } from './first-tar-file.js';

const digest = `sha256:${'0'.repeat(64)}`;
const layer = (kind: string, name: string, more: object = {}): object => ({
  digest,
  size: 10,
  annotations: {
    'dev.tekton.image.apiVersion': 'v1',
    'dev.tekton.image.kind': kind,
    'dev.tekton.image.name': name,
    ...more,
  },
});

test('bundleLayer finds the layer of an object by its kind and name', () => {
  const manifest = { layers: [layer('pipeline', 'a'), layer('task', 'a')] };
  expect(bundleLayer(manifest, 'task', 'a')).toMatchObject({ digest, sizeBytes: 10, kind: 'task' });
  expect(() => bundleLayer(manifest, 'task', 'b')).toThrow(
    'could not find object in image with kind: task and name: b',
  );
});

// prettier-ignore
const noBundles: [why: string, manifest: unknown, says: RegExp][] = [
  ['has more than 20 objects', { layers: Array.from({ length: 21 }, (_, i) => layer('task', `t${i}`)) }, /more than the maximum 20/],
  ['has a layer without annotations', { layers: [{ digest, size: 1 }] }, /the layer 0 does not contain a dev.tekton.image.apiVersion/],
  ['names kinds in the plural', { layers: [layer('Tasks', 'a')] }, /must be lowercased and singular, found Tasks/],
  ['has a digest that is none', { layers: [{ ...layer('task', 'a'), digest: '../../x' }] }, /has no digest/],
  ['has no layers', {}, /no layers/],
  ['is no object', null, /no layers/],
  ['has a list that is none', { layers: { length: 3 } }, /no layers/],
];

test.each(noBundles)('bundleLayer refuses an image that %s', (_, manifest, says) => {
  expect(() => bundleLayer(manifest, 'task', 'a')).toThrow(says);
});

test('manifestInIndex chooses amd64 among platforms, and nothing in a plain manifest', () => {
  const other = `sha256:${'1'.repeat(64)}`;
  const manifests = [
    { digest, platform: { architecture: 'arm64' } },
    { digest: other, platform: { architecture: 'amd64' } },
  ];
  expect(manifestInIndex({ manifests })).toBe(other);
  expect(manifestInIndex({ layers: [] })).toBeUndefined();
  expect(() => manifestInIndex({ manifests: [] })).toThrow(/names no manifest/);
});

/** A tar entry: header and content, padded. */
function tarEntry(name: string, content: string, type = '0', size = content.length): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  header.write('        ', 148);
  header.write(type, 156);
  header.write(
    `${header
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
  );
  return Buffer.concat([header, Buffer.from(content.padEnd(Math.ceil(content.length / 512) * 512, '\0'))]);
}

test('firstTarFile reads the first regular file, whatever its name', () => {
  const tar = Buffer.concat([tarEntry('dir/', '', '5'), tarEntry('../../etc/passwd', 'kind: Task')]);
  expect(Buffer.from(firstTarFile(tar)!).toString()).toBe('kind: Task');
});

test('firstTarFile follows no link, and takes neither a size that lies nor a text for a tar', () => {
  expect(firstTarFile(tarEntry('link', '', '2'))).toBeUndefined();
  expect(firstTarFile(tarEntry('a', 'short', '0', 1_000_000))).toBeUndefined();
  expect(firstTarFile(Buffer.from('apiVersion: tekton.dev/v1\n'.repeat(100)))).toBeUndefined();
  expect(firstTarFile(new Uint8Array(0))).toBeUndefined();
});
