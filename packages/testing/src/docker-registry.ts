// The registry that everybody runs, on a free port, and images pushed into it as its protocol says.

import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { freePort } from '@slipway/service';
import { eventually } from './eventually.js';

export interface DockerRegistry {
  /** `127.0.0.1:<port>`: the registry part of a reference. */
  host: string;
  /** Folder of its blobs: `<folder>/sha256/<two digits>/<hex>/data`. */
  blobs: string;
  /** Stores an image as `<repository>:<tag>`; its manifest's digest. */
  push(repository: string, tag: string, image: PushedImage): Promise<string>;
  close(): Promise<void>;
}

export interface PushedImage {
  /** Tars, the lowest first. */
  layers: readonly Uint8Array[];
  /** `Env`, `Cmd` and the like. */
  config?: object;
  packing?: 'gzip' | 'none';
}

const PROGRAM = '/usr/bin/docker-registry';

export const hasDockerRegistry = existsSync(PROGRAM);

/** With a user, only that one may do anything. */
export async function startDockerRegistry(only?: { user: string; password: string }): Promise<DockerRegistry> {
  if (!hasDockerRegistry) throw new Error(`${PROGRAM} is not there: apt-get install docker-registry`);
  const folder = mkdtempSync(join(tmpdir(), 'slipway-registry-'));
  const host = `127.0.0.1:${await freePort()}`;
  if (only !== undefined) writeFileSync(join(folder, 'htpasswd'), `${only.user}:${bcrypt(only.password)}\n`);
  const settings = {
    version: 0.1,
    storage: { filesystem: { rootdirectory: join(folder, 'data') } },
    http: { addr: host },
    ...(only === undefined ? {} : { auth: { htpasswd: { realm: 'test', path: join(folder, 'htpasswd') } } }),
  };
  writeFileSync(join(folder, 'config.yml'), JSON.stringify(settings));
  const child = spawn(PROGRAM, ['serve', join(folder, 'config.yml')], { stdio: 'ignore' });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const answers = async (): Promise<boolean> => [200, 401].includes((await fetch(`http://${host}/v2/`)).status);
  await eventually(answers, { what: 'the registry answers' });
  return {
    host,
    blobs: join(folder, 'data/docker/registry/v2/blobs'),
    push: (repository, tag, image) => push(`http://${host}/v2/${repository}`, tag, image, only),
    async close() {
      child.kill();
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function push(
  url: string,
  tag: string,
  { layers, config = {}, packing = 'gzip' }: PushedImage,
  user?: { user: string; password: string },
): Promise<string> {
  const authorization = Buffer.from(`${user?.user}:${user?.password}`).toString('base64');
  const send = async (method: string, to: string, body?: Uint8Array, type = 'application/octet-stream') => {
    const headers = {
      'content-type': type,
      ...(user === undefined ? {} : { authorization: `Basic ${authorization}` }),
    };
    const answer = await fetch(to, { method, headers, ...(body === undefined ? {} : { body: Buffer.from(body) }) });
    if (!answer.ok) throw new Error(`${method} ${to}: ${answer.status} ${await answer.text()}`);
    return answer.headers.get('location') ?? '';
  };
  const blob = async (mediaType: string, bytes: Uint8Array): Promise<object> => {
    const at = new URL(await send('POST', `${url}/blobs/uploads/`), url);
    at.searchParams.set('digest', digestOf(bytes));
    await send('PUT', at.href, bytes);
    return { mediaType, digest: digestOf(bytes), size: bytes.length };
  };
  const type = `application/vnd.oci.image.layer.v1.tar${packing === 'gzip' ? '+gzip' : ''}`;
  const packed = layers.map((layer) => (packing === 'gzip' ? gzipSync(layer) : layer));
  const rootfs = { type: 'layers', diff_ids: layers.map(digestOf) };
  const manifest = json({
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: await blob('application/vnd.oci.image.config.v1+json', json({ os: 'linux', config, rootfs })),
    layers: await Promise.all(packed.map((layer) => blob(type, layer))),
  });
  await send('PUT', `${url}/manifests/${tag}`, manifest, MANIFEST);
  return digestOf(manifest);
}

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** As htpasswd writes it; perl's crypt is the C library's. */
function bcrypt(password: string): string {
  const program = 'print crypt(<STDIN>, q($2y$05$abcdefghijklmnopqrstuu))';
  const { stdout } = spawnSync('perl', ['-e', program], { input: password, encoding: 'utf8' });
  if (!stdout.startsWith('$2y$')) throw new Error('this machine knows no bcrypt');
  return stdout;
}
