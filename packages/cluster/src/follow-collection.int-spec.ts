import type { ServerResponse } from 'node:http';
import { SlipwayError, type KubeObject } from '@slipway/contracts';
import { eventually, startWebServer, text, type WebServer } from '@slipway/testing';
import { ClusterClient } from './client.js';
import { followCollection } from './follow-collection.js';

const PATH = '/apis/example.com/v1/things';
const thing = (name: string, resourceVersion: string): KubeObject => ({
  apiVersion: 'example.com/v1',
  kind: 'Thing',
  metadata: { name, resourceVersion },
});
const listPath = (token = ''): string => `${PATH}?limit=250${token === '' ? '' : `&continue=${token}`}`;
const watchPath = (version: string): string =>
  `${PATH}?watch=true&allowWatchBookmarks=true&resourceVersion=${version}&timeoutSeconds=300`;
const page = (items: KubeObject[], resourceVersion: string, token?: string): ReturnType<typeof text> =>
  text(JSON.stringify({ metadata: { resourceVersion, ...(token === undefined ? {} : { continue: token }) }, items }));
const event = (type: string, object: object): string => `${JSON.stringify({ type, object })}\n`;

describe('followCollection', () => {
  let server: WebServer;
  let client: ClusterClient;
  let stop: AbortController;
  let seen: string[];
  let following: Promise<void>;
  /** Watches that are open, by the version that they began at. */
  let open: Map<string, ServerResponse>;

  const watchAt = (version: string): void => {
    server.answers.set(watchPath(version), (_, response) => {
      response.writeHead(200).flushHeaders();
      open.set(version, response);
    });
  };
  const opened = (version: string): Promise<ServerResponse> =>
    eventually(() => open.get(version), { what: `the watch from ${version}` }) as Promise<ServerResponse>;
  const hasSeen = (...wanted: string[]): Promise<boolean> =>
    eventually(() => JSON.stringify(seen) === JSON.stringify(wanted), {
      what: `${wanted.join()} instead of ${seen.join()}`,
    });

  beforeEach(async () => {
    server = await startWebServer();
    client = new ClusterClient({ server: server.url });
    stop = new AbortController();
    seen = [];
    open = new Map();
    server.answers.set(listPath(), page([thing('a', '1')], '5', 'more'));
    server.answers.set(listPath('more'), page([thing('b', '2')], '5'));
    watchAt('5');
    following = followCollection(client, PATH, {
      onList: (objects) => seen.push(`list ${objects.map(({ metadata }) => metadata.name).join(' ')}`),
      onChange: ({ metadata }, isGone) => seen.push(`${isGone ? 'gone' : 'there'} ${metadata.name}`),
      onError: (error) => seen.push(error instanceof SlipwayError ? error.kind : 'cut'),
      signal: stop.signal,
    });
  });
  afterEach(async () => {
    stop.abort();
    await following;
    client.close();
    await server.close();
  });

  test('lists all pages, then tells of changes', async () => {
    const watch = await opened('5');
    watch.write(
      event('ADDED', thing('c', '6')) + event('MODIFIED', thing('a', '7')) + event('DELETED', thing('b', '8')),
    );
    await hasSeen('list a b', 'there c', 'there a', 'gone b');
  });

  test('goes on where it was, at the last bookmark, when the connection is cut', async () => {
    const watch = await opened('5');
    watchAt('9');
    watch.write(event('ADDED', thing('c', '6')) + event('BOOKMARK', thing('', '9')));
    await hasSeen('list a b', 'there c');
    watch.destroy();
    (await opened('9')).write(event('DELETED', thing('c', '10')));
    await hasSeen('list a b', 'there c', 'cut', 'gone c');
  });

  test.each([
    ['in an answer', (response: ServerResponse) => void response.end()],
    ['in an event', (response: ServerResponse) => void response.end(event('ERROR', { code: 410, message: 'too old' }))],
  ])('lists again when its version is too old, said %s', async (_where, end) => {
    const watch = await opened('5');
    watchAt('20');
    server.answers.set(watchPath('6'), (_, response) => response.writeHead(410).end('{"reason":"Expired"}'));
    server.answers.set(listPath(), page([thing('d', '19')], '20'));
    watch.write(event('ADDED', thing('c', '6')));
    await hasSeen('list a b', 'there c');
    end(watch);
    (await opened('20')).write(event('MODIFIED', thing('d', '21')));
    await hasSeen('list a b', 'there c', 'list d', 'there d');
  });

  test('says what keeps it from seeing, and sees again afterwards', async () => {
    const watch = await opened('5');
    server.answers.set(watchPath('5'), (_, response) => response.writeHead(500).end());
    watch.end();
    await eventually(() => seen.includes('transient'), { what: 'an error' });
    open.clear();
    watchAt('5');
    (await opened('5')).write(event('ADDED', thing('c', '6')));
    await eventually(() => seen.at(-1) === 'there c', { what: 'the change' });
    expect(seen.filter((what) => what.startsWith('list'))).toHaveLength(1);
  });
});
