import { NetworkGuard } from '@slipway/guarded-http';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { CloudEvent } from '@slipway/contracts';
import { EventDelivery } from '../src/io/event-delivery.js';

const event: CloudEvent = {
  id: 'u1-successful',
  source: '/apis/tekton.dev/v1/namespaces/team/taskruns/build',
  type: 'dev.tekton.event.taskrun.successful.v1',
  subject: 'build',
  time: '2020-06-01T00:00:00Z',
  data: { taskRun: { metadata: { name: 'bü' } } },
};

let sink: Server;
let url: string;
let received: { headers: IncomingHttpHeaders; body: string }[];
let status: number;

beforeAll(async () => {
  sink = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      received.push({ headers: request.headers, body });
      response.writeHead(status, status === 302 ? { location: '/elsewhere' } : {}).end('x'.repeat(100));
    });
  });
  await new Promise<void>((resolve) => sink.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(sink.address() as AddressInfo).port}/events?key=hidden`;
});
afterAll(() => new Promise((resolve) => sink.close(resolve)));
beforeEach(() => {
  received = [];
  status = 200;
});

const allowing = (...networks: string[]): EventDelivery => new EventDelivery(new NetworkGuard(networks));

test('an event arrives whole, as CloudEvents say it in binary mode', async () => {
  expect(await allowing('127.0.0.0/8').deliver({ target: url, event })).toEqual({});
  expect(received.map(({ body }) => JSON.parse(body) as unknown)).toEqual([event.data]);
  expect(received[0]!.headers).toMatchObject({
    'content-type': 'application/json',
    'ce-specversion': '1.0',
    'ce-id': 'u1-successful',
    'ce-type': 'dev.tekton.event.taskrun.successful.v1',
    'ce-source': '/apis/tekton.dev/v1/namespaces/team/taskruns/build',
    'ce-subject': 'build',
  });
});

test.each([302, 404, 503])('an answer with status %d is a problem, and is not followed', async (answered) => {
  status = answered;
  const { problem } = await allowing('127.0.0.1').deliver({ target: url, event });
  expect(problem).toMatch(`answered with status ${answered}`);
  expect(problem).not.toMatch('hidden');
  expect(received).toHaveLength(1);
});

test('a target on this machine is not asked unless the operator allows it', async () => {
  for (const host of ['127.0.0.1', 'localhost', '[::1]', '[::ffff:127.0.0.1]', '0x7f.1', '2130706433']) {
    const { problem } = await allowing().deliver({ target: url.replace('127.0.0.1', host), event });
    expect([host, problem]).toEqual([host, expect.stringMatching(/is loopback: it is not asked.*ALLOWED_NETWORKS/)]);
  }
  expect(received).toHaveLength(0);
});

test('a host that is allowed by its name is reached by that name', async () => {
  expect(await allowing('localhost').deliver({ target: url.replace('127.0.0.1', 'localhost'), event })).toEqual({});
});

test('a target that nobody serves is a problem that says so', async () => {
  const { problem } = await allowing('127.0.0.1').deliver({ target: 'http://127.0.0.1:1/', event });
  expect(problem).toMatch(/POST http:\/\/127\.0\.0\.1:1: .*ECONNREFUSED/);
});

// prettier-ignore
const addresses: [address: string, problem: string | undefined][] = [
  ['8.8.8.8', undefined], ['2606:4700::1111', undefined],
  ['10.1.2.3', 'private'], ['172.31.255.255', 'private'], ['172.32.0.1', undefined], ['192.168.0.1', 'private'],
  ['169.254.169.254', 'link-local'], ['fe80::1', 'link-local'], ['fd00::1', 'private'], ['::1', 'loopback'],
  ['::ffff:169.254.169.254', 'link-local'], ['::ffff:8.8.8.8', undefined], ['0.0.0.0', 'no host'], ['::', 'no host'],
  ['100.64.0.1', 'shared by a carrier'], ['64:ff9b::7f00:1', 'a translation'], ['255.255.255.255', 'reserved'],
];
test.each(addresses)('NetworkGuard says of %s: %s', (address, problem) => {
  expect(new NetworkGuard([]).problemOf(address)).toBe(problem);
  expect(new NetworkGuard(['0.0.0.0/0', '::/0']).problemOf(address)).toBeUndefined();
});
