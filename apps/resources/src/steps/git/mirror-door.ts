// Asks the mirror cache of the node for the objects that a fetch will want. The cache decides nothing: what it sends is
// hashed here, and the fetch that follows asks the remote as if there were no cache.

import { spawn } from 'node:child_process';
import { appendFileSync, existsSync } from 'node:fs';
import { request, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { COMMIT_HEADER, MIRROR_SOCKET, type MirrorRequest } from '../../core/mirror-request.js';
import { PRELOADED, type Preload } from './fetch.js';
import type { Options } from './options.js';
import type { Git } from './process.js';

/** With these the step speaks to the remote in a way that the cache does not know. */
const OWN_WAYS = /^(https?_proxy|all_proxy|no_proxy|GIT_SSL_.*|GIT_HTTP_.*|GIT_PROXY_.*|GIT_CURL_.*|SSL_CERT_.*)$/i;

export function mirrorDoor(git: Git, options: Options, socketPath = MIRROR_SOCKET): Preload {
  return async ({ folder }) => {
    const wanted = wish(git, options, folder, socketPath);
    if (wanted === undefined) return;
    try {
      const answer = await ask(socketPath, wanted);
      const commit = answer.headers[COMMIT_HEADER];
      if (answer.statusCode !== 200 || typeof commit !== 'string' || !/^[0-9a-f]{40,64}$/.test(commit)) {
        answer.destroy();
        return;
      }
      await take(git, folder, answer);
      if (wanted.depth === 1) appendFileSync(join(folder, '.git/shallow'), `${commit}\n`);
      git.run(['update-ref', PRELOADED, commit], { cwd: folder });
      process.stdout.write(`git-init: ${commit.slice(0, 12)} comes from the mirror cache of the node\n`);
    } catch {
      // No cache, then.
    }
  };
}

/** What to ask for; undefined where the cache could not answer as the remote would. */
function wish(git: Git, options: Options, folder: string, socketPath: string): MirrorRequest | undefined {
  const { depth, revision, refspecs, filter, sslVerify } = options;
  if (!existsSync(socketPath) || git.circumstances.protocol !== 'http') return undefined;
  if ((depth !== 0 && depth !== 1) || refspecs.length > 0 || filter !== undefined || !sslVerify) return undefined;
  if (Object.entries(git.env).some(([name, value]) => OWN_WAYS.test(name) && value !== '')) return undefined;
  if (
    git.ask(['config', '--global', '--includes', '--get-regexp', '^(http|url|remote|core\\.gitproxy)\\.']) !== undefined
  )
    return undefined;
  const authorization = credentials(git, folder);
  const wanted = { url: git.url, revision: revision ?? 'HEAD', depth } as const;
  return authorization === undefined ? wanted : { ...wanted, authorization };
}

/** What git itself would send when the remote asks. */
function credentials(git: Git, cwd: string): string | undefined {
  const { protocol, host, pathname } = new URL(git.url);
  const input = `protocol=${protocol.slice(0, -1)}\nhost=${host}\npath=${pathname.slice(1)}\n\n`;
  const filled = git.ask(['credential', 'fill'], { cwd, input }) ?? '';
  const [, username] = /^username=(.*)$/m.exec(filled) ?? [];
  const [, password] = /^password=(.*)$/m.exec(filled) ?? [];
  if (username === undefined || password === undefined) return undefined;
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

function ask(socketPath: string, wanted: MirrorRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, method: 'POST', path: '/', timeout: 600_000 }, resolve);
    asked.on('timeout', () => asked.destroy(new Error('the mirror cache does not answer')));
    asked.on('error', reject);
    asked.end(JSON.stringify(wanted));
  });
}

/** Reads a pack into the repository: git hashes each object. What is in them was looked at when the mirror got them. */
async function take(git: Git, cwd: string, pack: IncomingMessage): Promise<void> {
  const child = spawn('git', ['index-pack', '--stdin'], {
    cwd,
    env: git.env,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  // A pack says itself where it ends, and index-pack may be gone before the answer is; half a pack it refuses.
  child.stdin.on('error', () => undefined);
  pack.on('error', () => child.stdin.end());
  pack.pipe(child.stdin);
  await new Promise<void>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`index-pack ended with ${code}`))));
  });
}
