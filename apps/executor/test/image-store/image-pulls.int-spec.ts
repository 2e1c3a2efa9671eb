// Pulls out of a real registry, and several at once.

import { randomBytes } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import {
  eventually,
  startDockerRegistry,
  startOciRegistry,
  type DockerRegistry,
  type OciRegistry,
} from '@slipway/testing';
import { ADA, pullingNode, pushImage, request, resetRegistry } from './pulling-node.js';
import { file, folder, tarOf } from './tar-of.js';

const node = pullingNode();
let open: DockerRegistry;
let closed: DockerRegistry;
let fake: OciRegistry;

beforeAll(async () => {
  [open, closed, fake] = await Promise.all([startDockerRegistry(), startDockerRegistry(ADA), startOciRegistry()]);
});
afterAll(() => Promise.all([open.close(), closed.close(), fake.close()]));
beforeEach(() => resetRegistry(fake));

describe('an image of a real registry', () => {
  test.each(['gzip', 'none'] as const)('is unpacked into a folder of its digest, packed with %s', async (packing) => {
    const layers = [
      await tarOf([folder('etc'), file('etc/os', 'one'), file('old')]),
      await tarOf([file('etc/os', 'two'), file('.wh.old', ''), file('bin/run', '#!', { mode: 0o755 })]),
    ];
    const config = { Env: ['A=1'], Cmd: ['/bin/run'], User: '7', WorkingDir: '/etc' };
    const digest = await open.push('team/app', packing, { layers, config, packing });
    const { pulls } = await node.start();
    const image = await pulls.provide(request(`${open.host}/team/app:${packing}`));
    expect(image).toMatchObject({ digest, config: { env: ['A=1'], cmd: ['/bin/run'], user: '7', workingDir: '/etc' } });
    expect(image.rootfs).toBe(join(node.folder(), digest.slice(7), 'rootfs'));
    expect(readdirSync(image.rootfs).sort()).toEqual(['bin', 'etc']);
    expect(readFileSync(join(image.rootfs, 'etc/os'), 'utf8')).toBe('two');
    expect(lstatSync(join(image.rootfs, 'bin/run')).mode & 0o777).toBe(0o755);
    expect(node.leftovers()).toEqual([]);
  });

  test('is not asked for again when it is there, save with policy Always, which sees a tag move', async () => {
    const host = open.host;
    const first = await open.push('team/moves', '1', { layers: [await tarOf([file('a', 'first')])] });
    const { pulls } = await node.start();
    expect((await pulls.provide(request(`${host}/team/moves:1`))).digest).toBe(first);
    const second = await open.push('team/moves', '1', { layers: [await tarOf([file('a', 'second')])] });
    expect((await pulls.provide(request(`${host}/team/moves:1`))).digest).toBe(first);
    expect((await pulls.provide(request(`${host}/team/moves:1`, undefined, { policy: 'Always' }))).digest).toBe(second);
    expect(
      (await pulls.provide(request(`${host}/team/moves@${first}`, undefined, { policy: 'IfNotPresent' }))).digest,
    ).toBe(first);
    expect(node.images().sort()).toEqual([first.slice(7), second.slice(7)].sort());
  });

  test('with policy Never is what is there, or nothing', async () => {
    await open.push('team/never', '1', { layers: [await tarOf([file('a')])] });
    const { pulls } = await node.start();
    const never = request(`${open.host}/team/never:1`, undefined, { policy: 'Never' });
    await expect(pulls.provide(never)).rejects.toMatchObject({ reason: 'NeverPulled' });
    await pulls.provide(request(`${open.host}/team/never:1`));
    await expect(pulls.provide(never)).resolves.toMatchObject({ config: {} });
  });

  test('tells what it runs without being pulled', async () => {
    await open.push('team/config', '1', { layers: [await tarOf([file('a')])], config: { Entrypoint: ['/x'] } });
    const { pulls } = await node.start();
    await expect(pulls.config(request(`${open.host}/team/config:1`))).resolves.toMatchObject({ entrypoint: ['/x'] });
    expect(node.images()).toEqual([]);
  });

  test('is still there for the next process, and what a killed one left is not', async () => {
    const digest = await open.push('team/kept', '1', { layers: [await tarOf([file('a')])] });
    const { pulls, store } = await node.start();
    await pulls.provide(request(`${open.host}/team/kept:1`));
    mkdirSync(join(store.newFolder(), 'rootfs/half'), { recursive: true });
    mkdirSync(join(node.folder(), 'f'.repeat(64)));
    const again = await node.start();
    expect(node.images()).toEqual([digest.slice(7)]);
    expect(node.leftovers()).toEqual([]);
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
    const { pulls } = await node.start();
    await expect(pulls.provide(request(image()))).rejects.toMatchObject({ reason });
    expect(node.leftovers()).toEqual([]);
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
    const { layer } = await pushImage(fake, 'team/once');
    const hold = held('team/once', layer, gzipSync(await tarOf([file('hello', 'team/once')])));
    const { pulls } = await node.start();
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
      const { layer } = await pushImage(fake, name);
      holds.push(held(name, layer, gzipSync(await tarOf([file('hello', name)]))));
    }
    const [a, b, c] = holds as [Hold, Hold, Hold];
    const { pulls } = await node.start({ concurrency: 2 });
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
      return node.images().length === 3;
    });
    await Promise.all(greedy);
  });

  test('that end in the middle leave nothing', async () => {
    const { layer } = await pushImage(fake, 'team/ended');
    const hold = held('team/ended', layer, Buffer.alloc(0));
    const { pulls } = await node.start();
    const asked = pulls.provide(request(`${fake.host}/team/ended:1`)).catch((error: unknown) => error);
    await eventually(() => hold.asked() === 1);
    await pulls.stop();
    expect(await asked).toMatchObject({ reason: 'Stopping' });
    expect(node.leftovers()).toEqual([]);
  });

  test('make room by what was not used for longest, and never by what a pod uses', async () => {
    const size = 1 << 20;
    const push = async (name: string): Promise<string> =>
      open.push(`room/${name}`, '1', { layers: [await tarOf([file('x', randomBytes(size / 2).toString('hex'))])] });
    const [first, second, third] = [await push('a'), await push('b'), await push('c')];
    const { pulls } = await node.start({ storeBytes: 2.5 * size, inUse: (digest) => digest === first });
    for (const name of ['a', 'b', 'c']) await pulls.provide(request(`${open.host}/room/${name}:1`));
    expect(node.images().sort()).toEqual([first.slice(7), third.slice(7)].sort());
    await expect(pulls.provide(request(`${open.host}/room/b:1`))).resolves.toMatchObject({ digest: second });
  });
});

test('a folder that is there already, of the same digest, is left as it is', async () => {
  const digest = await open.push('team/same', '1', { layers: [await tarOf([file('a', 'same')])] });
  await open.push('other/same', '1', { layers: [await tarOf([file('a', 'same')])] });
  const { pulls } = await node.start();
  const { rootfs } = await pulls.provide(request(`${open.host}/team/same:1`));
  writeFileSync(join(rootfs, 'mark'), '');
  const other = await pulls.provide(request(`${open.host}/other/same:1`));
  expect(other.digest).toBe(digest);
  expect(existsSync(join(other.rootfs, 'mark'))).toBe(true);
  expect(node.leftovers()).toEqual([]);
});
