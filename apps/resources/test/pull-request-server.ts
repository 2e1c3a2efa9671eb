// A server that speaks the parts of GitHub's and GitLab's REST APIs that pull requests need, and keeps what is written.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface PullRequestState {
  labels: string[];
  comments: { id: number; body: string; system?: boolean }[];
  statuses: { state: string; label: string; desc: string; target: string }[];
}

export interface PullRequestServer {
  url: string;
  state: PullRequestState;
  /** What writing needs; undefined lets everybody write. */
  token: string | undefined;
  /** `POST /repos/…` and so on, newest last. */
  requests: string[];
  /** Credentials that came, newest last. */
  credentials: (string | undefined)[];
  /** Answers by path, before the API's own. */
  overrides: Map<string, (response: ServerResponse) => void>;
  close(): Promise<void>;
}

export const HEAD = 'a'.repeat(40);
const BASE = 'b'.repeat(40);
const WHEN = '2020-06-01T00:00:00Z';
/** Small, so that every list has pages. */
const PAGE = 2;

/** @param known repository and number that exist: `tektoncd/pipeline`, 100 */
export async function startPullRequestServer(
  known: { repository: string; number: number },
  host = '127.0.0.1',
): Promise<PullRequestServer> {
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => answer(self, known, request, body, response));
  });
  const self: PullRequestServer = {
    url: '',
    state: { labels: [], comments: [], statuses: [] },
    token: undefined,
    requests: [],
    credentials: [],
    overrides: new Map(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  self.url = `http://${host}:${(server.address() as AddressInfo).port}`;
  return self;
}

interface Asked {
  self: PullRequestServer;
  repository: string;
  number: number;
  body: Record<string, unknown>;
  match: string[];
}
type Route = [method: string, path: RegExp, answer: (asked: Asked) => unknown];

function answer(
  self: PullRequestServer,
  { repository, number }: { repository: string; number: number },
  request: IncomingMessage,
  body: string,
  response: ServerResponse,
): void {
  const { method = 'GET' } = request;
  const url = new URL(request.url ?? '/', self.url);
  const given = request.headers.authorization ?? (request.headers['private-token'] as string | undefined);
  self.requests.push(`${method} ${url.pathname}`);
  self.credentials.push(given);
  const override = self.overrides.get(url.pathname);
  if (override !== undefined) return override(response);
  const say = (status: number, value?: unknown, headers: Record<string, string> = {}): void => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(value === undefined ? undefined : JSON.stringify(value));
  };
  if (self.token !== undefined && (method !== 'GET' || given !== undefined)) {
    if (given !== `Bearer ${self.token}` && given !== self.token) return say(401, { message: 'Bad credentials' });
  }
  const route = [...githubRoutes(repository, number), ...gitlabRoutes(repository, number)].find(
    ([wanted, path]) => wanted === method && path.test(url.pathname),
  );
  if (route === undefined) return say(404, { message: 'Not Found' });
  const match = [...route[1].exec(url.pathname)!].slice(1).map(decodeURIComponent);
  const value = route[2]({ self, repository, number, match, body: body === '' ? {} : (JSON.parse(body) as never) });
  const list = Array.isArray(value) ? value : (value as { statuses?: unknown[] } | undefined)?.statuses;
  if (!Array.isArray(list) || method !== 'GET') return say(value === undefined ? 204 : 200, value);
  const page = Number(url.searchParams.get('page') ?? 1);
  url.searchParams.set('page', String(page + 1));
  const part = list.slice((page - 1) * PAGE, page * PAGE) as unknown[];
  const link = page * PAGE < list.length ? { link: `<${url.href}>; rel="next", <${url.href}>; rel="last"` } : {};
  say(200, Array.isArray(value) ? part : { ...(value as object), statuses: part }, link);
}

function githubRoutes(repository: string, number: number): Route[] {
  const repo = `(?:/api/v3)?/repos/${repository}`;
  const at = (path: string): RegExp => new RegExp(`^${repo}${path}$`);
  const labelOf = (name: string): object => ({ name, description: null, color: 'abea59' });
  const project = { id: 1, name: repository.split('/').at(-1), full_name: repository, owner: { login: 'org' } };
  return [
    [
      'GET',
      at(`/pulls/${number}`),
      () => ({
        ...{ number, title: 'Title', body: null, state: 'open', merge_commit_sha: null, user: { login: 'me' } },
        ...{ created_at: WHEN, updated_at: WHEN },
        head: { ref: 'topic', sha: HEAD, repo: null },
        base: { ref: 'main', sha: BASE, repo: project },
      }),
    ],
    ['GET', at(`/issues/${number}/labels`), ({ self }) => self.state.labels.map(labelOf)],
    [
      'GET',
      at(`/issues/${number}/comments`),
      ({ self }) =>
        self.state.comments.map(({ id, body }) => ({
          ...{ id, body, user: { login: 'me' }, html_url: `https://x/${id}`, created_at: WHEN, updated_at: WHEN },
        })),
    ],
    [
      'GET',
      at(`/commits/${HEAD}/status`),
      ({ self }) => ({
        statuses: self.state.statuses.map(({ state, label, desc, target }) => ({
          ...{ state, context: label, description: desc, target_url: target },
        })),
      }),
    ],
    [
      'POST',
      at(`/issues/${number}/labels`),
      ({ self, body }) => void self.state.labels.push(...(body['labels'] as string[])),
    ],
    ['DELETE', at(`/issues/${number}/labels/([^/]+)`), ({ self, match }) => without(self.state, 'labels', match[0]!)],
    ['POST', at(`/issues/${number}/comments`), ({ self, body }) => addComment(self.state, body['body'] as string)],
    ['DELETE', at('/issues/comments/(\\d+)'), ({ self, match }) => without(self.state, 'comments', match[0]!)],
    ['POST', at(`/statuses/${HEAD}`), ({ self, body }) => setStatus(self.state, body['context'], body)],
  ];
}

function gitlabRoutes(repository: string, number: number): Route[] {
  const project = `/api/v4/projects/${encodeURIComponent(repository)}`;
  const at = (path: string): RegExp => new RegExp(`^${project}${path}$`);
  return [
    [
      'GET',
      at(`/merge_requests/${number}`),
      ({ self }) => ({
        ...{ iid: number, title: 'Title', description: null, labels: self.state.labels, sha: HEAD, state: 'opened' },
        ...{ source_branch: 'topic', target_branch: 'main', source_project_id: 1, target_project_id: 1 },
        ...{ diff_refs: { base_sha: BASE, head_sha: HEAD }, merge_commit_sha: null, web_url: 'https://x/1' },
        ...{ author: { username: 'me' }, created_at: WHEN, updated_at: WHEN },
      }),
    ],
    ['GET', /^\/api\/v4\/projects\/1$/, () => ({ id: 1, path: 'project', path_with_namespace: repository })],
    [
      'GET',
      at(`/merge_requests/${number}/notes`),
      ({ self }) =>
        self.state.comments.map((note) => ({
          ...note,
          author: { username: 'me' },
          created_at: WHEN,
          updated_at: WHEN,
        })),
    ],
    [
      'GET',
      at(`/repository/commits/${HEAD}/statuses`),
      ({ self }) =>
        self.state.statuses.map(({ state, label, desc, target }) => ({
          ...{ status: state, name: label, description: desc, target_url: target },
        })),
    ],
    [
      'PUT',
      at(`/merge_requests/${number}`),
      ({ self, body }) => {
        if (typeof body['add_labels'] === 'string') self.state.labels.push(body['add_labels']);
        else without(self.state, 'labels', body['remove_labels'] as string);
        return {};
      },
    ],
    ['POST', at(`/merge_requests/${number}/notes`), ({ self, body }) => addComment(self.state, body['body'] as string)],
    [
      'DELETE',
      at(`/merge_requests/${number}/notes/(\\d+)`),
      ({ self, match }) => without(self.state, 'comments', match[0]!),
    ],
    ['POST', at(`/statuses/${HEAD}`), ({ self, body }) => setStatus(self.state, body['name'], body)],
  ];
}

function addComment(state: PullRequestState, body: string): object {
  const id = Math.max(0, ...state.comments.map((comment) => comment.id)) + 1;
  state.comments.push({ id, body });
  return { id };
}

function without(state: PullRequestState, part: 'labels' | 'comments', key: string): undefined {
  if (part === 'labels') state.labels = state.labels.filter((name) => name !== key);
  else state.comments = state.comments.filter(({ id }) => id !== Number(key));
  return undefined;
}

function setStatus(state: PullRequestState, label: unknown, body: Record<string, unknown>): object {
  state.statuses = state.statuses.filter((status) => status.label !== label);
  state.statuses.push({
    state: body['state'] as string,
    label: label as string,
    desc: body['description'] as string,
    target: body['target_url'] as string,
  });
  return {};
}
