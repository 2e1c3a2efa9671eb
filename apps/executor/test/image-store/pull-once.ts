// A process that pulls one image, to be killed in the middle: node PROGRAM FOLDER IMAGE.

import { NetworkGuard, RemoteHttp } from '@slipway/guarded-http';
import { platformOf } from '../../src/core/platform.js';
import { ImagePulls } from '../../src/io/image-store/image-pulls.js';
import { ImageStore } from '../../src/io/image-store/image-store.js';

async function main([folder = '', image = '']: readonly string[]): Promise<void> {
  const pulls = new ImagePulls({
    http: new RemoteHttp(new NetworkGuard(['127.0.0.1'])),
    plainRegistries: [],
    platform: platformOf(process.arch),
    limits: { imageBytes: 1 << 30, files: 100_000, layers: 20 },
    keepsOwners: false,
    store: await ImageStore.open(folder),
    concurrency: 4,
    timeoutMs: 60_000,
    storeBytes: 1 << 30,
    inUse: () => false,
    logger: { info: () => undefined, warn: () => undefined },
  });
  process.stdout.write('pulling\n');
  await pulls.provide({ image, policy: 'Always', tenant: 'ns', credentials: () => Promise.resolve(undefined) });
}

void main(process.argv.slice(2));
