// Pulls out of a real registry, and out of one that does what it should not.

import { randomBytes, createHash } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { NetworkGuard, RemoteHttp } from '@slipway/guarded-http';
import type { RegistryCredentials } from '@slipway/oci';
import {
  eventually,
  redirect,
  startDockerRegistry,
  startOciRegistry,
  startWebServer,
  text,
  type DockerRegistry,
  type OciRegistry,
  type WebServer,
} from '@slipway/testing';
import { platformOf } from '../../src/core/platform.js';
import { ImagePulls, type ImagePullsOptions, type PullRequest } from '../../src/io/image-store/image-pulls.js';
import { ImageStore } from '../../src/io/image-store/image-store.js';
import { file, folder, tarOf } from './tar-of.js';

const ADA = { user: 'ada', password: 'lovelace' };
let open: DockerRegistry;
let closed: DockerRegistry;
let fake: OciRegistry;
let web: WebServer;
let place: string;
const stops: (() => Promise<void>)[] = [];

beforeAll(async () => {
  [open, closed, fake, web] = await Promise.all([
    startDockerRegistry(),
    startDockerRegistry(ADA),
    startOciRegistry(),
    startWebServer(),
  ]);
});
afterAll(() => Promise.all([open.close(), closed.close(), fake.close(), web.close()]));
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'slipway-pulls-'));
  fake.credentials = undefined;
  fake.overrides.clear();
  fake.requests.length = 0;
  web.requests.length = 0;
});
afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
  rmSync(place, { recursive: true, force: true });
});

/** A node that may ask this machine. */
async function node(options: Partial<ImagePullsOptions> = {}): Promise<{ store: ImageStore; pulls: ImagePulls }> {
  const store = await ImageStore.open(join(place, 'images'));
  const pulls = new ImagePulls({
    http: new RemoteHttp(new NetworkGuard(['127.0.0.1'])),
    plainRegistries: [],
    platform: platformOf(process.arch),
    limits: { imageBytes: 16 << 20, files: 1000, layers: 20 },
    keepsOwners: process.getuid?.() === 0,
    store,
    concurrency: 4,
    timeoutMs: 30_000,
    storeBytes: 1 << 30,
    inUse: () => false,
    logger: { info: () => undefined, warn: () => undefined },
    ...options,
  });
  stops.push(() => pulls.stop());
  return { store, pulls };
}

function request(image: string, credentials?: RegistryCredentials, rest: Partial<PullRequest> = {}): PullRequest {
  return { image, policy: 'IfNotPresent', tenant: 'ns', credentials: () => Promise.resolve(credentials), ...rest };
}

/** What is left of pulls: folders that nobody sees. */
function leftovers(): string[] {
  return ['.pulling', '.trash'].flatMap((name) => readdirSync(join(place, 'images', name)));
}

function images(): string[] {
  return readdirSync(join(place, 'images')).filter((name) => /^[0-9a-f]{64}$/.test(name));
}

const digestOf = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

interface FakeImage {
  layer?: Uint8Array;
  size?: number;
  diffId?: string;
}

/** An image of one layer in the registry of this process, wrong where it is said to be. */
async function pushFake(
  repository: string,
  { layer, size, diffId }: FakeImage = {},
): Promise<{ layer: string; digest: string }> {
  const tar = await tarOf([file('hello', repository)]);
  const packed = layer ?? gzipSync(tar);
  const config = Buffer.from(JSON.stringify({ rootfs: { diff_ids: [diffId ?? digestOf(tar)] } }));
  const blob = fake.pushBlob(packed);
  const digest = fake.pushManifest(repository, '1', {
    schemaVersion: 2,
    config: { digest: fake.pushBlob(config), size: config.length },
    layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest: blob, size: size ?? packed.length }],
  });
  return { layer: blob, digest };
}

describe('an image of a real registry', () => {
  test.each(['gzip', 'none'] as const)('is unpacked into a folder of its digest, packed with %s', async (packing) => {
    const layers = [
      await tarOf([folder('etc'), file('etc/os', 'one'), file('old')]),
      await tarOf([file('etc/os', 'two'), file('.wh.old', ''), file('bin/run', '#!', { mode: 0o755 })]),
    ];
    const config = { Env: ['A=1'], Cmd: ['/bin/run'], User: '7', WorkingDir: '/etc' };
    const digest = await open.push('team/app', packing, { layers, config, packing });
    const { pulls } = await node();
    const image = await pulls.provide(request(`${open.host}/team/app:${packing}`));
    expect(image).toMatchObject({ digest, config: { env: ['A=1'], cmd: ['/bin/run'], user: '7', workingDir: '/etc' } });
    expect(image.rootfs).toBe(join(place, 'images', digest.slice(7), 'rootfs'));
    expect(readdirSync(image.rootfs).sort()).toEqual(['bin', 'etc']);
    expect(readFileSync(join(image.rootfs, 'etc/os'), 'utf8')).toBe('two');
    expect(lstatSync(join(image.rootfs, 'bin/run')).mode & 0o777).toBe(0o755);
    expect(leftovers()).toEqual([]);
  });

  test('is not asked for again when it is there, save with policy Always, which sees a tag move', async () => {
    const host = open.host;
    const first = await open.push('team/moves', '1', { layers: [await tarOf([file('a', 'first')])] });
    const { pulls } = await node();
    expect((await pulls.provide(request(`${host}/team/moves:1`))).digest).toBe(first);
    const second = await open.push('team/moves', '1', { layers: [await tarOf([file('a', 'second')])] });
    expect((await pulls.provide(request(`${host}/team/moves:1`))).digest).toBe(first);
    expect((await pulls.provide(request(`${host}/team/moves:1`, undefined, { policy: 'Always' }))).digest).toBe(second);
    expect(
      (await pulls.provide(request(`${host}/team/moves@${first}`, undefined, { policy: 'IfNotPresent' }))).digest,
    ).toBe(first);
    expect(images().sort()).toEqual([first.slice(7), second.slice(7)].sort());
  });

  test('with policy Never is what is there, or nothing', async () => {
    await open.push('team/never', '1', { layers: [await tarOf([file('a')])] });
    const { pulls } = await node();
    const never = request(`${open.host}/team/never:1`, undefined, { policy: 'Never' });
    await expect(pulls.provide(never)).rejects.toMatchObject({ reason: 'NeverPulled' });
    await pulls.provide(request(`${open.host}/team/never:1`));
    await expect(pulls.provide(never)).resolves.toMatchObject({ config: {} });
  });

  test('tells what it runs without being pulled', async () => {
    await open.push('team/config', '1', { layers: [await tarOf([file('a')])], config: { Entrypoint: ['/x'] } });
    const { pulls } = await node();
    await expect(pulls.config(request(`${open.host}/team/config:1`))).resolves.toMatchObject({ entrypoint: ['/x'] });
    expect(images()).toEqual([]);
  });

  test('is still there for the next process, and what a killed one left is not', async () => {
    const digest = await open.push('team/kept', '1', { layers: [await tarOf([file('a')])] });
    const { pulls, store } = await node();
    await pulls.provide(request(`${open.host}/team/kept:1`));
    mkdirSync(join(store.newFolder(), 'rootfs/half'), { recursive: true });
    mkdirSync(join(place, 'images', 'f'.repeat(64)));
    const again = await node();
    expect(images()).toEqual([digest.slice(7)]);
    expect(leftovers()).toEqual([]);
    await open.close();
    await expect(again.pulls.provide(request(`${open.host}/team/kept:1`))).resolves.toMatchObject({ digest });
    open = await startDockerRegistry();
  });

  test.each([
    ['that is not there', (): string => `${open.host}/team/absent:1`, 'ImageNotFound'],
    ['whose name is none', (): string => 'Not:A:Name', 'BadImageReference'],
    ['of a host that is not there', (): string => 'registry.invalid/a:1', 'HostNotFound'],
    ['of a registry that asks for a password', (): string => `${closed.host}/team/private:1`, 'ImageDenied'],
    ['of an address that may not be asked', (): string => '169.254.169.254/a/b:1', 'AddressRefused'],
  ])('%s is told apart', async (_what, image, reason) => {
    const { pulls } = await node();
    await expect(pulls.provide(request(image()))).rejects.toMatchObject({ reason });
    expect(leftovers()).toEqual([]);
  });
});

describe('credentials', () => {
  const image = (): string => `${closed.host}/team/private:1`;
  let digest: string;

  beforeEach(async () => {
    digest = await closed.push('team/private', '1', { layers: [await tarOf([file('secret')])] });
  });

  test('open a registry, and the image is for those alone who have shown theirs', async () => {
    const { pulls } = await node();
    await expect(pulls.provide(request(image(), ADA))).resolves.toMatchObject({ digest });
    await expect(pulls.provide(request(image()))).rejects.toMatchObject({ reason: 'ImageDenied' });
    const wrong = { user: 'ada', password: 'byron' };
    await expect(pulls.provide(request(image(), wrong))).rejects.toMatchObject({ reason: 'ImageDenied' });
    const never = request(image(), wrong, { policy: 'Never' });
    await expect(pulls.provide(never)).rejects.toMatchObject({ reason: 'NeverPulled' });
    await expect(pulls.provide(request(image(), ADA, { policy: 'Never' }))).resolves.toMatchObject({ digest });
  });

  test('are not in the store, in no form that leads back to them', async () => {
    const { pulls } = await node();
    await pulls.provide(request(image(), ADA));
    const stored = readFileSync(join(place, 'images', digest.slice(7), 'image.json'), 'utf8');
    expect(stored).not.toMatch(/lovelace|\bada\b/); // three letters are in many a digest
    expect(stored).not.toContain(createHash('sha256').update('ada:lovelace').digest('hex'));
  });

  test("a registry of one's own that names the manifest of another's image does not open it", async () => {
    const { pulls } = await node();
    const { rootfs } = await pulls.provide(request(image(), ADA));
    expect(existsSync(rootfs)).toBe(true);
    const authorization = `Basic ${Buffer.from('ada:lovelace').toString('base64')}`;
    const answer = await fetch(`http://${closed.host}/v2/team/private/manifests/1`, {
      headers: { authorization, accept: 'application/vnd.oci.image.manifest.v1+json' },
    });
    const manifest = Buffer.from(await answer.arrayBuffer());
    expect(digestOf(manifest)).toBe(digest);
    fake.overrides.set('/v2/evil/app/manifests/1', text(manifest));
    await expect(pulls.provide(request(`${fake.host}/evil/app:1`))).rejects.toMatchObject({ reason: 'ImageNotFound' });
    await expect(pulls.provide(request(`${fake.host}/evil/app@${digest}`))).rejects.toThrow();
  });

  test('go to the token service of the registry, and to nobody that a redirect leads to', async () => {
    const { layer } = await pushFake('team/token');
    fake.credentials = { user: 'me', password: 'canary' };
    web.answers.set('/storage', text(gzipSync(await tarOf([file('hello', 'team/token')]))));
    fake.overrides.set(`/v2/team/token/blobs/${layer}`, redirect(`${web.url}/storage`));
    const { pulls } = await node();
    await pulls.provide(request(`${fake.host}/team/token:1`, fake.credentials));
    expect(fake.requests).toContain(`/token Basic ${Buffer.from('me:canary').toString('base64')}`);
    expect(web.requests).toEqual(['/storage']); // with an authorization it would be behind the path
  });

  test('do not answer the challenge of a host that a redirect leads to', async () => {
    await pushFake('team/open-redirect');
    const challenge = { 'www-authenticate': `Bearer realm="${web.url}/steal",service="x"` };
    web.answers.set('/elsewhere', (_, response) => void response.writeHead(401, challenge).end());
    web.answers.set('/steal', text('{"token":"x"}'));
    fake.overrides.set('/v2/team/open-redirect/manifests/1', redirect(`${web.url}/elsewhere`));
    const { pulls } = await node();
    const asked = pulls.provide(request(`${fake.host}/team/open-redirect:1`, { user: 'me', password: 'canary' }));
    await expect(asked).rejects.toThrow(/gives no token/);
    expect(web.requests.some((one) => one.startsWith('/steal'))).toBe(true);
    expect(web.requests.join()).not.toMatch(/Basic/);
  });

  test('do not go to a mirror, which the operator names', async () => {
    await pushFake('team/mirrored');
    const mirrors = [{ from: 'https://registry.example/', to: `http://${fake.host}/` }];
    const { pulls } = await node({ http: new RemoteHttp(new NetworkGuard([]), mirrors) });
    await pulls.provide(request('registry.example/team/mirrored:1', { user: 'me', password: 'canary' }));
    expect(fake.requests.length).toBeGreaterThan(2);
    expect(fake.requests.join()).not.toMatch(/Basic|Bearer/);
  });
});

describe('a registry is not believed', () => {
  // prettier-ignore
  const lies: [what: string, lie: () => Promise<void>, reason: string][] = [
    ['a layer of other bytes of the same length', async () => {
      const { layer } = await pushFake('team/lies');
      fake.overrides.set(`/v2/team/lies/blobs/${layer}`, text(randomBytes(gzipSync(await tarOf([file('hello', 'team/lies')])).length)));
    }, 'DigestMismatch'],
    ['a layer that goes on', async () => {
      const { layer } = await pushFake('team/lies');
      fake.overrides.set(`/v2/team/lies/blobs/${layer}`, text(Buffer.alloc(8 << 20)));
    }, 'DigestMismatch'],
    ['a layer that ends early', async () => {
      const { layer } = await pushFake('team/lies');
      fake.overrides.set(`/v2/team/lies/blobs/${layer}`, text(Buffer.alloc(7)));
    }, 'DigestMismatch'],
    ['a layer that unpacks to something else than its configuration says', async () => void (await pushFake('team/lies', { diffId: digestOf(Buffer.alloc(1)) })), 'DigestMismatch'],
    ['a layer that gzip cannot read', async () => void (await pushFake('team/lies', { layer: Buffer.from('no gzip') })), 'BadImage'],
    ['a layer that unpacks to far more', async () => void (await pushFake('team/lies', { layer: gzipSync(Buffer.alloc(64 << 20)) })), 'ImageTooLarge'],
    ['a layer that says it is larger than may be', async () => void (await pushFake('team/lies', { size: 2 ** 40 })), 'ImageTooLarge'],
    ['a configuration of other bytes', async () => {
      await pushFake('team/lies');
      const config = Buffer.from(JSON.stringify({ rootfs: { diff_ids: [digestOf(await tarOf([file('hello', 'team/lies')]))] } }));
      fake.overrides.set(`/v2/team/lies/blobs/${digestOf(config)}`, text(Buffer.alloc(config.length)));
    }, 'DigestMismatch'],
    ['more layers than may be', () => {
      const layers = Array.from({ length: 21 }, () => ({ mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: digestOf(Buffer.alloc(1)), size: 1 }));
      fake.pushManifest('team/lies', '1', { config: { digest: digestOf(Buffer.alloc(1)), size: 1 }, layers });
      return Promise.resolve();
    }, 'ImageTooLarge'],
    ['an index without this machine', () => {
      fake.pushManifest('team/lies', '1', { manifests: [{ digest: digestOf(Buffer.alloc(1)), platform: { os: 'plan9', architecture: 'vax' } }] });
      return Promise.resolve();
    }, 'NoPlatform'],
  ];

  test.each(lies)('%s', async (_what, lie, reason) => {
    await lie();
    const { pulls } = await node();
    await expect(pulls.provide(request(`${fake.host}/team/lies:1`))).rejects.toMatchObject({ reason });
    expect(images()).toEqual([]);
    expect(leftovers()).toEqual([]);
  });

  test('the manifest of a digest is what its digest says', async () => {
    const { digest } = await pushFake('team/pinned');
    fake.overrides.set(`/v2/team/pinned/manifests/${digest}`, text('{"layers":[]}'));
    const { pulls } = await node();
    const asked = pulls.provide(request(`${fake.host}/team/pinned@${digest}`));
    await expect(asked).rejects.toMatchObject({ reason: 'DigestMismatch' });
  });

  test('the platform of this machine is taken out of an index', async () => {
    const { digest } = await pushFake('team/index');
    const { os, architecture } = platformOf(process.arch);
    const manifests = [
      { digest: digestOf(Buffer.alloc(1)), platform: { os: 'plan9', architecture } },
      { digest, platform: { os, architecture } },
    ];
    fake.pushManifest('team/index', 'all', { manifests });
    const { pulls } = await node();
    await expect(pulls.provide(request(`${fake.host}/team/index:all`))).resolves.toMatchObject({ digest });
  });
});

describe('several pulls', () => {
  interface Hold {
    asked: () => number;
    letGo: () => void;
  }

  /** Holds the layer back until it is let go. */
  function held(repository: string, layer: string, bytes: Uint8Array): Hold {
    let asked = 0;
    const waiting: (() => void)[] = [];
    fake.overrides.set(`/v2/${repository}/blobs/${layer}`, (_, response) => {
      asked++;
      waiting.push(() => response.writeHead(200).end(bytes));
    });
    return { asked: () => asked, letGo: () => waiting.splice(0).forEach((answer) => answer()) };
  }

  test('of one image are one, for whoever may have it', async () => {
    const { layer } = await pushFake('team/once');
    const hold = held('team/once', layer, gzipSync(await tarOf([file('hello', 'team/once')])));
    const { pulls } = await node();
    const all = Promise.all(
      ['a', 'b', 'c'].map((tenant) => pulls.provide(request(`${fake.host}/team/once:1`, undefined, { tenant }))),
    );
    await eventually(
      () => hold.asked() === 1 && fake.requests.filter((one) => one.includes('/manifests/')).length === 3,
    );
    hold.letGo();
    expect(new Set((await all).map(({ digest }) => digest)).size).toBe(1);
    expect(hold.asked()).toBe(1);
  });

  test('are bounded, and one tenant does not hold up another', async () => {
    const holds: Hold[] = [];
    for (const name of ['w/a', 'w/b', 'w/c']) {
      const { layer } = await pushFake(name);
      holds.push(held(name, layer, gzipSync(await tarOf([file('hello', name)]))));
    }
    const [a, b, c] = holds as [Hold, Hold, Hold];
    const { pulls } = await node({ concurrency: 2 });
    const pull = (name: string, tenant: string): Promise<unknown> =>
      pulls.provide(request(`${fake.host}/${name}:1`, undefined, { tenant }));
    const greedy = [pull('w/a', 'greedy'), pull('w/b', 'greedy')];
    const other = pull('w/c', 'other');
    await eventually(() => a.asked() + b.asked() === 1 && c.asked() === 1);
    c.letGo();
    await other; // while the greedy one's first still hangs
    expect(a.asked() + b.asked()).toBe(1);
    await eventually(() => {
      for (const hold of holds) hold.letGo();
      return images().length === 3;
    });
    await Promise.all(greedy);
  });

  test('that end in the middle leave nothing', async () => {
    const { layer } = await pushFake('team/ended');
    const hold = held('team/ended', layer, Buffer.alloc(0));
    const { pulls } = await node();
    const asked = pulls.provide(request(`${fake.host}/team/ended:1`)).catch((error: unknown) => error);
    await eventually(() => hold.asked() === 1);
    await pulls.stop();
    expect(await asked).toMatchObject({ reason: 'Stopping' });
    expect(leftovers()).toEqual([]);
  });

  test('make room by what was not used for longest, and never by what a pod uses', async () => {
    const size = 1 << 20;
    const push = async (name: string): Promise<string> =>
      open.push(`room/${name}`, '1', { layers: [await tarOf([file('x', randomBytes(size / 2).toString('hex'))])] });
    const [first, second, third] = [await push('a'), await push('b'), await push('c')];
    const { pulls } = await node({ storeBytes: 2.5 * size, inUse: (digest) => digest === first });
    for (const name of ['a', 'b', 'c']) await pulls.provide(request(`${open.host}/room/${name}:1`));
    expect(images().sort()).toEqual([first.slice(7), third.slice(7)].sort());
    await expect(pulls.provide(request(`${open.host}/room/b:1`))).resolves.toMatchObject({ digest: second });
  });
});

test('a folder that is there already, of the same digest, is left as it is', async () => {
  const digest = await open.push('team/same', '1', { layers: [await tarOf([file('a', 'same')])] });
  await open.push('other/same', '1', { layers: [await tarOf([file('a', 'same')])] });
  const { pulls } = await node();
  const { rootfs } = await pulls.provide(request(`${open.host}/team/same:1`));
  writeFileSync(join(rootfs, 'mark'), '');
  const other = await pulls.provide(request(`${open.host}/other/same:1`));
  expect(other.digest).toBe(digest);
  expect(existsSync(join(other.rootfs, 'mark'))).toBe(true);
  expect(leftovers()).toEqual([]);
});
