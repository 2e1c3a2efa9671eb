// Registries that want credentials, and registries that do not do what they should.

import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { NetworkGuard, RemoteHttp } from '@slipway/guarded-http';
import {
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
import { ADA, digestOf, pullingNode, pushImage, request, resetRegistry } from './pulling-node.js';
import { file, tarOf } from './tar-of.js';

const node = pullingNode();
let closed: DockerRegistry;
let fake: OciRegistry;
let web: WebServer;

beforeAll(async () => {
  [closed, fake, web] = await Promise.all([startDockerRegistry(ADA), startOciRegistry(), startWebServer()]);
});
afterAll(() => Promise.all([closed.close(), fake.close(), web.close()]));
beforeEach(() => {
  resetRegistry(fake);
  web.requests.length = 0;
});

describe('credentials', () => {
  const image = (): string => `${closed.host}/team/private:1`;
  let digest: string;

  beforeEach(async () => {
    digest = await closed.push('team/private', '1', { layers: [await tarOf([file('secret')])] });
  });

  test('open a registry, and the image is for those alone who have shown theirs', async () => {
    const { pulls } = await node.start();
    await expect(pulls.provide(request(image(), ADA))).resolves.toMatchObject({ digest });
    await expect(pulls.provide(request(image()))).rejects.toMatchObject({ reason: 'ImageDenied' });
    const wrong = { user: 'ada', password: 'byron' };
    await expect(pulls.provide(request(image(), wrong))).rejects.toMatchObject({ reason: 'ImageDenied' });
    const never = request(image(), wrong, { policy: 'Never' });
    await expect(pulls.provide(never)).rejects.toMatchObject({ reason: 'NeverPulled' });
    await expect(pulls.provide(request(image(), ADA, { policy: 'Never' }))).resolves.toMatchObject({ digest });
  });

  test('are not in the store, in no form that leads back to them', async () => {
    const { pulls } = await node.start();
    await pulls.provide(request(image(), ADA));
    const stored = readFileSync(join(node.folder(), digest.slice(7), 'image.json'), 'utf8');
    expect(stored).not.toMatch(/lovelace|\bada\b/); // three letters are in many a digest
    expect(stored).not.toContain(createHash('sha256').update('ada:lovelace').digest('hex'));
  });

  test("a registry of one's own that names the manifest of another's image does not open it", async () => {
    const { pulls } = await node.start();
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
    const { layer } = await pushImage(fake, 'team/token');
    fake.credentials = { user: 'me', password: 'canary' };
    web.answers.set('/storage', text(gzipSync(await tarOf([file('hello', 'team/token')]))));
    fake.overrides.set(`/v2/team/token/blobs/${layer}`, redirect(`${web.url}/storage`));
    const { pulls } = await node.start();
    await pulls.provide(request(`${fake.host}/team/token:1`, fake.credentials));
    expect(fake.requests).toContain(`/token Basic ${Buffer.from('me:canary').toString('base64')}`);
    expect(web.requests).toEqual(['/storage']); // with an authorization it would be behind the path
  });

  test('do not answer the challenge of a host that a redirect leads to', async () => {
    await pushImage(fake, 'team/open-redirect');
    const challenge = { 'www-authenticate': `Bearer realm="${web.url}/steal",service="x"` };
    web.answers.set('/elsewhere', (_, response) => void response.writeHead(401, challenge).end());
    web.answers.set('/steal', text('{"token":"x"}'));
    fake.overrides.set('/v2/team/open-redirect/manifests/1', redirect(`${web.url}/elsewhere`));
    const { pulls } = await node.start();
    const asked = pulls.provide(request(`${fake.host}/team/open-redirect:1`, { user: 'me', password: 'canary' }));
    await expect(asked).rejects.toThrow(/gives no token/);
    expect(web.requests.some((one) => one.startsWith('/steal'))).toBe(true);
    expect(web.requests.join()).not.toMatch(/Basic/);
  });

  test('do not go to a mirror, which the operator names', async () => {
    await pushImage(fake, 'team/mirrored');
    const mirrors = [{ from: 'https://registry.example/', to: `http://${fake.host}/` }];
    const { pulls } = await node.start({ http: new RemoteHttp(new NetworkGuard([]), mirrors) });
    await pulls.provide(request('registry.example/team/mirrored:1', { user: 'me', password: 'canary' }));
    expect(fake.requests.length).toBeGreaterThan(2);
    expect(fake.requests.join()).not.toMatch(/Basic|Bearer/);
  });
});

describe('a registry is not believed', () => {
  // prettier-ignore
  const lies: [what: string, lie: () => Promise<void>, reason: string][] = [
    ['a layer of other bytes of the same length', async () => {
      const { layer } = await pushImage(fake, 'team/lies');
      fake.overrides.set(`/v2/team/lies/blobs/${layer}`, text(randomBytes(gzipSync(await tarOf([file('hello', 'team/lies')])).length)));
    }, 'DigestMismatch'],
    ['a layer that goes on', async () => {
      const { layer } = await pushImage(fake, 'team/lies');
      fake.overrides.set(`/v2/team/lies/blobs/${layer}`, text(Buffer.alloc(8 << 20)));
    }, 'DigestMismatch'],
    ['a layer that ends early', async () => {
      const { layer } = await pushImage(fake, 'team/lies');
      fake.overrides.set(`/v2/team/lies/blobs/${layer}`, text(Buffer.alloc(7)));
    }, 'DigestMismatch'],
    ['a layer that unpacks to something else than its configuration says', async () => void (await pushImage(fake, 'team/lies', { diffId: digestOf(Buffer.alloc(1)) })), 'DigestMismatch'],
    ['a layer that gzip cannot read', async () => void (await pushImage(fake, 'team/lies', { layer: Buffer.from('no gzip') })), 'BadImage'],
    ['a layer that unpacks to far more', async () => void (await pushImage(fake, 'team/lies', { layer: gzipSync(Buffer.alloc(64 << 20)) })), 'ImageTooLarge'],
    ['a layer that says it is larger than may be', async () => void (await pushImage(fake, 'team/lies', { size: 2 ** 40 })), 'ImageTooLarge'],
    ['a configuration of other bytes', async () => {
      await pushImage(fake, 'team/lies');
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
    const { pulls } = await node.start();
    await expect(pulls.provide(request(`${fake.host}/team/lies:1`))).rejects.toMatchObject({ reason });
    expect(node.images()).toEqual([]);
    expect(node.leftovers()).toEqual([]);
  });

  test('the manifest of a digest is what its digest says', async () => {
    const { digest } = await pushImage(fake, 'team/pinned');
    fake.overrides.set(`/v2/team/pinned/manifests/${digest}`, text('{"layers":[]}'));
    const { pulls } = await node.start();
    const asked = pulls.provide(request(`${fake.host}/team/pinned@${digest}`));
    await expect(asked).rejects.toMatchObject({ reason: 'DigestMismatch' });
  });

  test('the platform of this machine is taken out of an index', async () => {
    const { digest } = await pushImage(fake, 'team/index');
    const { os, architecture } = platformOf(process.arch);
    const manifests = [
      { digest: digestOf(Buffer.alloc(1)), platform: { os: 'plan9', architecture } },
      { digest, platform: { os, architecture } },
    ];
    fake.pushManifest('team/index', 'all', { manifests });
    const { pulls } = await node.start();
    await expect(pulls.provide(request(`${fake.host}/team/index:all`))).resolves.toMatchObject({ digest });
  });
});
