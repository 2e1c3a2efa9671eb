// Git sources: what the mirror cache of a node saves, over a line that is not this machine's own.

import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Metrics, createLogger } from '@slipway/service';
import { startGitMirror } from '../apps/resources/src/io/git-mirror/start.js';
import { NetworkGuard } from '@slipway/guarded-http';
import { buildGitInit } from '../apps/resources/test/git-init-program.js';
import { startGitServer } from '../apps/resources/test/git-server.js';
import { root } from './platform.js';
import { percentile, seconds, type Row } from './measure.js';

const FILES = 2_000;
const FILE_BYTES = 32 << 10;
const LINE_BYTES_PER_SECOND = 12.5e6;
const ONE_WAY_MS = 20;
const ROUNDS = 3;

export async function gitSource(): Promise<Row> {
  const [server, program] = await Promise.all([
    startGitServer(),
    buildGitInit(join(root, 'apps/resources/src/steps/git-init.ts')),
  ]);
  const line = await slowLine(Number(new URL(server.url).port));
  const folder = mkdtempSync(join(tmpdir(), 'slipway-bench-mirror-'));
  const mirror = await startGitMirror(
    {
      gitMirror: { folder, maxBytes: 1 << 30 },
      gitConfig: [],
      remote: { mirrors: [], programPath: '/usr/bin:/bin' } as never,
    },
    {
      guard: new NetworkGuard(['127.0.0.1']),
      logger: createLogger('bench', 'error'),
      metrics: new Metrics('bench', { process: false }),
    },
  );
  try {
    const files = Array.from({ length: FILES }, (_, i) => [
      `${i % 50}/${i}.txt`,
      randomBytes(FILE_BYTES / 2).toString('hex'),
    ]);
    server.commit('large', Object.fromEntries(files) as Record<string, string>);
    server.git(['repack', '-adq'], join(server.root, 'large.git'));
    const url = `http://127.0.0.1:${line.port}/large.git`;
    const clone = async (door?: string): Promise<number> => {
      const started = performance.now();
      const { code, path, output } = await program.run(['-url', url], door === undefined ? {} : { door });
      const took = performance.now() - started;
      if (code !== 0 || (door !== undefined && !output.includes('comes from the mirror cache')))
        throw new Error(output);
      rmSync(path, { recursive: true });
      return took;
    };
    const door = join(folder, 'door');
    const first = await clone(door);
    const [without, cached]: [number[], number[]] = [[], []];
    let [direct, second] = [0, 0];
    for (let round = 0; round < ROUNDS; round++) {
      const before = server.sentBytes;
      without.push(await clone());
      const between = server.sentBytes;
      cached.push(await clone(door));
      [direct, second] = [between - before, server.sentBytes - between];
    }
    const [withoutMs, cachedMs] = [percentile(without, 50), percentile(cached, 50)];
    const megabytes = Math.round((FILES * FILE_BYTES) / 2e6);
    return {
      what: `clone of a ${megabytes} MB repository that the node has in its mirror cache`,
      bar: 'p50 ≤ half of a clone without, ≤ 1 % of its transfer',
      measured:
        `p50 ${seconds(cachedMs)}, ${Math.round(second / 1000)} kB; without ${seconds(withoutMs)}, ` +
        `${Math.round(direct / 1e6)} MB; the first, into the cache, ${seconds(first)}`,
      reached: cachedMs <= withoutMs / 2 && second <= direct / 100,
      how: `${ROUNDS} clones each, in turn, by git-init at depth 1, from git's own http-backend over a line of ${(LINE_BYTES_PER_SECOND * 8) / 1e6} Mbit/s and ${2 * ONE_WAY_MS} ms there and back`,
    };
  } finally {
    await mirror?.close();
    await line.close();
    await server.close();
    program.remove();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Passes connections on to a port of this machine, as slowly as a line does. */
async function slowLine(target: number): Promise<{ port: number; close: () => Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    const far = connect(target, '127.0.0.1');
    for (const one of [socket, far]) {
      sockets.add(one);
      one.on('close', () => sockets.delete(one)).on('error', () => undefined);
    }
    delayed(socket, far);
    delayed(far, socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Each piece leaves when those before it have left, and arrives one way later. */
function delayed(from: Socket, to: Socket): void {
  let freeAt = 0;
  let before = Promise.resolve();
  const later = (bytes: number, work: () => void): void => {
    freeAt = Math.max(freeAt, performance.now()) + (bytes / LINE_BYTES_PER_SECOND) * 1000;
    const at = freeAt + ONE_WAY_MS;
    before = before.then(() => until(at)).then(work);
  };
  from.on('data', (chunk: Buffer) => {
    from.pause();
    later(chunk.length, () => to.write(chunk));
    void until(freeAt - ONE_WAY_MS).then(() => from.resume());
  });
  from.on('end', () => later(0, () => to.end()));
}

async function until(at: number): Promise<void> {
  const left = at - performance.now();
  if (left > 0) await new Promise((resolve) => setTimeout(resolve, left));
}
