// A real registry with a password, on a free port, and an image in it that was pushed by a real client.

import { createHash } from 'node:crypto';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { freePort } from '@slipway/service';
import { eventually } from '@slipway/testing';

export interface RegistryServer {
  /** `127.0.0.1:<port>` */
  host: string;
  /** `<host>/team/image:1`, which only the user may see. */
  image: string;
  close(): Promise<void>;
}

const PROGRAM = '/usr/bin/docker-registry';

export const hasRegistry = existsSync(PROGRAM) && existsSync('/usr/bin/skopeo');

export async function startRegistryServer(user: string, password: string): Promise<RegistryServer> {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-registry-'));
  const host = `127.0.0.1:${await freePort()}`;
  writeFileSync(join(folder, 'htpasswd'), `${user}:${bcrypt(password)}\n`);
  const settings = {
    version: 0.1,
    storage: { filesystem: { rootdirectory: join(folder, 'data') } },
    http: { addr: host },
    auth: { htpasswd: { realm: 'test', path: join(folder, 'htpasswd') } },
  };
  writeFileSync(join(folder, 'config.yml'), JSON.stringify(settings));
  const child = spawn(PROGRAM, ['serve', join(folder, 'config.yml')], { stdio: 'ignore' });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  await eventually(async () => (await fetch(`http://${host}/v2/`)).status === 401, { what: 'the registry answers' });
  const image = `${host}/team/image:1`;
  const from = `oci:${imageLayout(join(folder, 'layout'))}:latest`;
  const args = ['--insecure-policy', 'copy', '--dest-tls-verify=false', '--dest-creds', `${user}:${password}`, from];
  const { status, stderr } = spawnSync('skopeo', [...args, `docker://${image}`], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return {
    host,
    image,
    async close() {
      child.kill();
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** As htpasswd writes it; perl's crypt is the C library's. */
function bcrypt(password: string): string {
  const { stdout } = spawnSync('perl', ['-e', 'print crypt($ENV{WORD}, q($2y$05$abcdefghijklmnopqrstuu))'], {
    env: { ...process.env, WORD: password },
    encoding: 'utf8',
  });
  if (!stdout.startsWith('$2y$')) throw new Error('this machine knows no bcrypt');
  return stdout;
}

/** An OCI layout with one image of one empty layer. */
function imageLayout(folder: string): string {
  const blobs = join(folder, 'blobs/sha256');
  mkdirSync(blobs, { recursive: true });
  const put = (bytes: Buffer, mediaType: string): { mediaType: string; digest: string; size: number } => {
    const hex = createHash('sha256').update(bytes).digest('hex');
    writeFileSync(join(blobs, hex), bytes);
    return { mediaType, digest: `sha256:${hex}`, size: bytes.length };
  };
  const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
  const tar = Buffer.alloc(1024);
  const layer = put(gzipSync(tar), 'application/vnd.oci.image.layer.v1.tar+gzip');
  const diffId = `sha256:${createHash('sha256').update(tar).digest('hex')}`;
  const rootfs = { type: 'layers', diff_ids: [diffId] };
  const config = put(
    json({ architecture: 'amd64', os: 'linux', config: {}, rootfs }),
    'application/vnd.oci.image.config.v1+json',
  );
  const type = 'application/vnd.oci.image.manifest.v1+json';
  const manifest = put(json({ schemaVersion: 2, mediaType: type, config, layers: [layer] }), type);
  const named = { ...manifest, annotations: { 'org.opencontainers.image.ref.name': 'latest' } };
  writeFileSync(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  writeFileSync(join(folder, 'index.json'), json({ schemaVersion: 2, manifests: [named] }));
  return folder;
}
