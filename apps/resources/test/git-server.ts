// A real git server over http on a free port: git's own http-backend behind a small CGI bridge.

import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createTlsServer } from 'node:https';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface GitServer {
  url: string;
  /** Folder with the bare repositories. */
  root: string;
  /** Answers that are given instead of git's, by path prefix. */
  overrides: Map<string, (request: IncomingMessage, response: ServerResponse) => void>;
  /** Wants this user and password when set. */
  credentials: { user: string; password: string } | undefined;
  /** Answers as servers did before protocol version 2, which hand out what their refs name and nothing else. */
  isOld: boolean;
  /** What it has sent in answer to fetches, in all. */
  sentBytes: number;
  /** `Authorization` headers that came, newest last. */
  authorizations: (string | undefined)[];
  /** Makes `<root>/<name>.git` with the files as one commit on `main`; its commit. */
  commit(name: string, files: Record<string, string>, message?: string): string;
  git(args: readonly string[], cwd: string): string;
  close(): Promise<void>;
}

/** With key and certificate it speaks https; `host` is the address that it listens on. */
export async function startGitServer(tls?: { key: string; cert: string }, host = '127.0.0.1'): Promise<GitServer> {
  const root = mkdtempSync(join(tmpdir(), 'slipway-git-'));
  const server = tls === undefined ? createServer() : createTlsServer(tls);
  const self: GitServer = {
    url: '',
    root,
    overrides: new Map(),
    credentials: undefined,
    isOld: false,
    sentBytes: 0,
    authorizations: [],
    git,
    commit(name, files, message = 'change') {
      const bare = join(root, `${name}.git`);
      const work = join(root, `${name}.work`);
      git(['init', '-q', '--bare', '-b', 'main', bare], root);
      git(['config', 'uploadpack.allowFilter', 'true'], bare);
      mkdirSync(work, { recursive: true });
      git(['init', '-q', '-b', 'main', '.'], work);
      for (const [path, text] of Object.entries(files)) {
        mkdirSync(join(work, path, '..'), { recursive: true });
        writeFileSync(join(work, path), text);
      }
      git(['add', '-A'], work);
      git(['commit', '-q', '--allow-empty', '-m', message], work);
      git(['push', '-q', '--force', bare, 'HEAD:main'], work);
      return git(['rev-parse', 'HEAD'], work);
    },
    async close() {
      await new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      });
      rmSync(root, { recursive: true, force: true });
    },
  };
  server.on('request', (request, response) => answer(self, request, response));
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  self.url = `${tls === undefined ? 'http' : 'https'}://${host}:${(server.address() as AddressInfo).port}`;
  return self;
}

function answer(self: GitServer, request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const override = [...self.overrides].find(([prefix]) => url.pathname.startsWith(prefix))?.[1];
  if (override !== undefined) return override(request, response);
  self.authorizations.push(request.headers.authorization);
  if (self.credentials !== undefined) {
    const { user, password } = self.credentials;
    if (request.headers.authorization !== `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end();
      return;
    }
  }
  const child = spawn('git', ['http-backend'], {
    env: {
      PATH: process.env['PATH'],
      GIT_PROJECT_ROOT: self.root,
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_INFO: url.pathname,
      QUERY_STRING: url.search.slice(1),
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: request.headers['content-type'],
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'],
      GIT_PROTOCOL: self.isOld ? undefined : (request.headers['git-protocol'] as string | undefined),
    },
  });
  request.pipe(child.stdin);
  child.stdin.on('error', () => undefined);
  let head: Buffer | undefined = Buffer.alloc(0);
  child.stdout.on('data', (chunk: Buffer) => {
    if (request.method === 'POST') self.sentBytes += chunk.length;
    if (head === undefined) return void response.write(chunk);
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) return;
    const lines = head.subarray(0, end).toString().split('\r\n');
    const headers = lines.map((line) => line.split(/: (.*)/s));
    const status = Number(headers.find(([name]) => name === 'Status')?.[1]?.slice(0, 3) ?? 200);
    for (const [name, value] of headers) if (name && value && name !== 'Status') response.setHeader(name, value);
    response.writeHead(status).write(head.subarray(end + 4));
    head = undefined;
  });
  child.on('close', () => response.end());
}

function git(args: readonly string[], cwd: string): string {
  const identity = ['-c', 'user.name=Test', '-c', 'user.email=test@localhost', '-c', 'protocol.file.allow=always'];
  const env = { ...process.env, GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null' };
  const { status, stdout, stderr } = spawnSync('git', [...identity, ...args], { cwd, env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`git ${args.join(' ')}: ${stderr}`);
  return stdout.trim();
}
