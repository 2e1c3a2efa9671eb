// The door of the mirror cache: a socket in a folder of its own, which containers of git steps see. Whoever comes through
// it can ask for what its own credentials can have from the remote, and nothing else.

import { createReadStream } from 'node:fs';
import { chmod, mkdir, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { asSlipwayError } from '@slipway/contracts';
import type { Logger, Metrics } from '@slipway/service';
import { COMMIT_HEADER, parseMirrorRequest } from '../../core/mirror-request.js';
import type { MirrorCache } from './mirror-cache.js';

export interface DoorOptions {
  folder: string;
  cache: MirrorCache;
  logger: Logger;
  metrics: Metrics;
}

/** At the same time; who comes then is sent away, and clones by itself. */
const MAX_REQUESTS = 16;
const MAX_BODY_BYTES = 32 << 10;
const TIMEOUT_MS = 10 * 60_000;

/** Resolves when git steps may knock. */
export async function openDoor({
  folder,
  cache,
  logger,
  metrics,
}: DoorOptions): Promise<{ close: () => Promise<void> }> {
  const answers = metrics.counter('git_mirror_requests_total', 'Git steps that asked the mirror cache.', ['answer']);
  let inHand = 0;
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const gone = new AbortController();
    response.on('close', () => gone.abort(new Error('the step has gone')));
    const signal = AbortSignal.any([gone.signal, AbortSignal.timeout(TIMEOUT_MS)]);
    try {
      const wanted = parseMirrorRequest(await bodyOf(request));
      await cache.offer(wanted, signal, async ({ commit, wasThere, pack }) => {
        response.writeHead(200, { 'content-type': 'application/x-git-pack', [COMMIT_HEADER]: commit });
        await pipeline(createReadStream(pack), response);
        answers.inc({ answer: wasThere ? 'from-mirror' : 'fetched' });
      });
    } catch (thrown) {
      const { reason, message } = asSlipwayError(thrown);
      answers.inc({ answer: 'refused' });
      logger.debug({ reason, err: message }, 'a git step has to clone by itself');
      if (response.headersSent) response.destroy();
      else response.writeHead(404, { 'content-type': 'application/json' }).end(JSON.stringify({ reason }));
    }
  };
  const server = createServer((request, response) => {
    if (inHand >= MAX_REQUESTS) {
      answers.inc({ answer: 'busy' });
      return void response.writeHead(503).end();
    }
    inHand++;
    void serve(request, response).finally(() => inHand--);
  });
  const door = join(folder, 'door');
  await mkdir(door, { recursive: true, mode: 0o755 });
  await chmod(door, 0o755);
  const handle = await listen(server, door);
  await chmod(join(door, 'new'), 0o666);
  await rename(join(door, 'new'), join(door, 'socket'));
  return {
    close: async () => {
      await rm(join(door, 'socket'), { force: true });
      await new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      });
      await handle.close();
    },
  };
}

/** Below a descriptor of the folder: the path of a socket may have 107 bytes, whatever the folder's name has. */
async function listen(server: Server, door: string): Promise<FileHandle> {
  await rm(join(door, 'new'), { force: true });
  const handle = await open(door, 'r');
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(`/proc/self/fd/${handle.fd}/new`, resolve);
  });
  return handle;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) throw new Error('the request is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
