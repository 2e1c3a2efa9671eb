// The bundles resolver against a registry that speaks the distribution protocol, and what a tenant could try with it.

import { NetworkGuard } from '@slipway/guarded-http';
import { gzipSync } from 'node:zlib';
import {
  redirect,
  startOciRegistry,
  startWebServer,
  text,
  type BundleObject,
  type OciRegistry,
  type WebServer,
} from '@slipway/testing';
import { remoteWorld } from './remote-world.js';

let registry: OciRegistry;
let web: WebServer;

beforeAll(async () => {
  [registry, web] = await Promise.all([startOciRegistry(), startWebServer()]);
});
afterAll(() => Promise.all([registry.close(), web.close()]));
beforeEach(() => {
  registry.credentials = undefined;
  registry.overrides.clear();
  registry.requests.length = 0;
  web.requests.length = 0;
});

const task = (name: string, layer: Uint8Array = gzipSync(`kind: Task # ${name}`)): BundleObject => ({
  apiVersion: 'v1',
  kind: 'task',
  name,
  layer,
});

test('finds an object by kind and name, by tag and by digest, and says where it came from', async () => {
  const pipeline = { ...task('a', Buffer.from('kind: Pipeline')), kind: 'pipeline' };
  const digest = registry.push('team/tasks', '1.0', [pipeline, task('a'), task('b')]);
  const { resolve, text: fetch } = remoteWorld();
  const bundle = `${registry.host}/team/tasks:1.0`;
  const { data, refSource } = await resolve('bundles', { bundle, name: 'a', kind: 'Tasks' });
  expect(Buffer.from(data).toString()).toBe('kind: Task # a');
  expect(refSource).toEqual({
    uri: `${registry.host}/team/tasks`,
    digest: { sha256: digest.slice('sha256:'.length) },
    entryPoint: 'a',
  });
  await expect(fetch('bundles', { bundle, name: 'a', kind: 'pipeline' })).resolves.toBe('kind: Pipeline');
  await expect(fetch('bundles', { bundle: `${bundle}@${digest}`, name: 'b' })).resolves.toBe('kind: Task # b');
  await expect(fetch('bundles', { bundle, name: 'c' })).rejects.toThrow(
    /could not find object in image with kind: task/,
  );
});

test('takes the manifest of one platform out of an index', async () => {
  const digest = registry.push('team/index', 'amd64', [task('a')]);
  registry.pushManifest('team/index', 'all', { manifests: [{ digest, platform: { architecture: 'amd64' } }] });
  const ref = { bundle: `${registry.host}/team/index:all`, name: 'a' };
  await expect(remoteWorld().text('bundles', ref)).resolves.toBe('kind: Task # a');
});

test('believes neither a manifest nor a layer that is not what its digest says', async () => {
  const digest = registry.push('team/forged', '1', [task('a')]);
  const bundle = `${registry.host}/team/forged`;
  registry.overrides.set(`/v2/team/forged/manifests/${digest}`, text('{"layers":[]}'));
  await expect(remoteWorld().text('bundles', { bundle: `${bundle}@${digest}`, name: 'a' })).rejects.toThrow(
    /answers sha256:[0-9a-f]+ with something else/,
  );
  const blob = registry.pushBlob(gzipSync('kind: Task # a'));
  registry.overrides.set(`/v2/team/forged/blobs/${blob}`, text(gzipSync('kind: Task # forged')));
  await expect(remoteWorld().text('bundles', { bundle: `${bundle}:1`, name: 'a' })).rejects.toThrow(/something else/);
});

test.each([
  ['a layer that unpacks to far more than a document', gzipSync(Buffer.alloc(16 << 20)), /larger than/],
  ['a layer that is too large as it is', Buffer.alloc(2 << 20), /too large/],
  ['a layer that gzip cannot read', Buffer.concat([gzipSync('x'.repeat(1000)).subarray(0, 20)]), /cannot be unpacked/],
])('refuses %s', async (why, layer, says) => {
  const repository = `team/${why.length}`;
  registry.push(repository, '1', [task('a', layer)]);
  await expect(
    remoteWorld().text('bundles', { bundle: `${registry.host}/${repository}:1`, name: 'a' }),
  ).rejects.toThrow(says);
});

describe('credentials', () => {
  const bundle = (): string => `${registry.host}/team/private:1`;
  const dockerConfig = (auths: object): Record<string, string> => ({ '.dockerconfigjson': JSON.stringify({ auths }) });
  const CONFIG = 'kubernetes.io/dockerconfigjson';

  beforeEach(() => {
    registry.push('team/private', '1', [task('a')]);
    registry.credentials = { user: 'me', password: 'canary' };
  });

  test('of a secret that the reference names open a registry through its token service', async () => {
    const world = remoteWorld();
    const auth = Buffer.from('me:canary').toString('base64');
    world.objects.addSecret('ns', 'pull', dockerConfig({ [`http://${registry.host}/v1/`]: { auth } }), CONFIG);
    await expect(world.text('bundles', { bundle: bundle(), name: 'a', secret: 'pull' })).resolves.toBe(
      'kind: Task # a',
    );
    const [asked, token, ...rest] = registry.requests;
    expect(asked).toBe('/v2/team/private/manifests/1');
    expect(token).toBe(`/token Basic ${auth}`);
    expect(rest.every((request) => request.endsWith(' Bearer token-of-the-test'))).toBe(true);
  });

  test('of the service account do so too', async () => {
    const world = remoteWorld();
    const metadata = { name: 'default', namespace: 'ns' };
    const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata, imagePullSecrets: [{ name: 'pull' }] };
    world.objects.add(account);
    const entry = { username: 'me', password: 'canary' };
    world.objects.addSecret('ns', 'pull', dockerConfig({ 'other.example': {}, [registry.host]: entry }), CONFIG);
    await expect(world.text('bundles', { bundle: bundle(), name: 'a' })).resolves.toBe('kind: Task # a');
  });

  test('for another host are sent nowhere', async () => {
    const world = remoteWorld();
    const entry = { username: 'me', password: 'canary' };
    world.objects.addSecret('ns', 'pull', dockerConfig({ [`${registry.host}.evil.example`]: entry }), CONFIG);
    const failure = await world.text('bundles', { bundle: bundle(), name: 'a', secret: 'pull' }).catch(String);
    expect(failure).toMatch(/gives no token/);
    expect(registry.requests.join()).not.toMatch(/Basic/);
    expect(failure).not.toMatch(/canary/);
  });

  test('do not follow a blob to the storage that the registry sends it to', async () => {
    const world = remoteWorld();
    const entry = { username: 'me', password: 'canary' };
    world.objects.addSecret('ns', 'pull', dockerConfig({ [registry.host]: entry }), CONFIG);
    const layer = gzipSync('kind: Task # a');
    web.answers.set('/storage', text(layer));
    registry.overrides.set(`/v2/team/private/blobs/${registry.pushBlob(layer)}`, redirect(`${web.url}/storage`));
    await expect(world.text('bundles', { bundle: bundle(), name: 'a', secret: 'pull' })).resolves.toBe(
      'kind: Task # a',
    );
    expect(web.requests).toEqual(['/storage']);
  });
});

test('a registry on a private network is refused, and so is a token service there', async () => {
  const ref = { bundle: `${registry.host}/team/tasks:1.0`, name: 'a' };
  await expect(remoteWorld({}, new NetworkGuard([])).text('bundles', ref)).rejects.toThrow(/loopback/);
  registry.overrides.set('/v2/team/tasks/manifests/1.0', (_, response) => {
    const challenge = 'Bearer realm="http://169.254.169.254/latest/meta-data/",service="x"';
    response.writeHead(401, { 'www-authenticate': challenge }).end();
  });
  await expect(remoteWorld().text('bundles', ref)).rejects.toThrow(/link-local/);
});
