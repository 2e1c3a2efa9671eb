import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ApiClient } from '../src/api/client.js';
import { containerLines } from '../src/api/pod-logs.js';
import { watch } from '../src/api/watch.js';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A server that gives these answers, one a request; the last one for ever. */
async function serving<T>(answers: Answer[], use: (client: ApiClient) => Promise<T>): Promise<T> {
  let next = 0;
  const server = createServer((request, response) => answers[Math.min(next++, answers.length - 1)]!(request, response));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const client = new ApiClient({
    server: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    namespace: 'default',
  });
  try {
    return await use(client);
  } finally {
    client.close();
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  }
}

const object = (name: string, resourceVersion: string): object => ({ metadata: { name, uid: name, resourceVersion } });
const list =
  (version: string, ...items: object[]): Answer =>
  (_request, response) =>
    response.end(JSON.stringify({ metadata: { resourceVersion: version }, items }));
const events =
  (...all: object[]): Answer =>
  (_request, response) =>
    response.end(all.map((event) => `${JSON.stringify(event)}\n`).join(''));
const broken: Answer = (_request, response) => {
  response.writeHead(200);
  response.write('{"type":"MODI');
  setTimeout(() => response.destroy(), 10);
};
const forEver: Answer = (_request, response) => response.writeHead(200).flushHeaders();

/** What a watch reports until `count` reports are there. */
async function reports(answers: Answer[], count: number): Promise<string[]> {
  const seen: string[] = [];
  const ended = new AbortController();
  await serving(answers, (client) =>
    watch(client, {
      path: '/things',
      signal: ended.signal,
      onChange: ({ metadata }, deleted) => {
        seen.push(`${metadata.name}@${metadata.resourceVersion}${deleted ? ' gone' : ''}`);
        if (seen.length === count) ended.abort();
      },
    }),
  );
  return seen;
}

test('watch reports what is listed, then what changes', async () => {
  const answers = [
    list('5', object('a', '3')),
    events({ type: 'MODIFIED', object: object('a', '6') }, { type: 'DELETED', object: object('a', '7') }),
    forEver,
  ];
  expect(await reports(answers, 3)).toEqual(['a@3', 'a@6', 'a@7 gone']);
});

test('watch goes on after a broken connection from where it was, and reports nothing twice (W1)', async () => {
  let asked = '';
  const answers: Answer[] = [
    list('5', object('a', '3')),
    broken,
    (request, response) => {
      asked = new URL(request.url ?? '', 'http://x').searchParams.get('resourceVersion') ?? '';
      events({ type: 'ADDED', object: object('b', '8') })(request, response);
    },
  ];
  expect(await reports(answers, 2)).toEqual(['a@3', 'b@8']);
  expect(asked).toBe('5');
});

test('watch lists again when its version is gone, and reports the difference (W1)', async () => {
  const gone = { type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } };
  const answers = [
    list('5', object('a', '3'), object('b', '4')),
    events(gone),
    list('9', object('b', '8'), object('c', '9')),
    forEver,
  ];
  expect(await reports(answers, 5)).toEqual(['a@3', 'b@4', 'a@3 gone', 'b@8', 'c@9']);
});

test('watch gives up at once when it is refused', async () => {
  const answer: Answer = (_request, response) =>
    response.writeHead(403).end(JSON.stringify({ message: 'no', reason: 'Forbidden' }));
  await expect(reports([answer], 1)).rejects.toMatchObject({ kind: 'forbidden', message: 'no' });
});

async function lines(answers: Answer[], isOver = () => false): Promise<string[]> {
  const all: string[] = [];
  await serving(answers, async (client) => {
    const log = {
      namespace: 'default',
      pod: 'p',
      container: 'c',
      follow: true,
      signal: new AbortController().signal,
      isOver,
    };
    for await (const line of containerLines(client, log)) all.push(line);
  });
  return all;
}

test('containerLines gives every line once when the connection breaks in the middle of one (P1)', async () => {
  const torn: Answer = (_request, response) => {
    response.write('one\ntwo\nthr');
    setTimeout(() => response.destroy(), 10);
  };
  expect(await lines([torn, (_request, response) => response.end('one\ntwo\nthree\nfour\n')])).toEqual([
    'one',
    'two',
    'three',
    'four',
  ]);
});

test('containerLines waits for a container that has not started', async () => {
  const early: Answer = (_request, response) => response.writeHead(400).end('{"message":"waiting to start"}');
  expect(await lines([early, early, (_request, response) => response.end('ü\nlast')])).toEqual(['ü', 'last']);
});

test('containerLines gives up on a log that does not come after the run is over', async () => {
  const missing: Answer = (_request, response) => response.writeHead(404).end('{"message":"no such pod"}');
  await expect(lines([missing], () => true)).rejects.toThrow('no such pod');
});
