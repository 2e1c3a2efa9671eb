// The registry behind the API server of a cluster: whom it believes, whom it asks, and what it serves there.

import { webcrypto } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import { join } from 'node:path';
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { createLogger } from '@slipway/service';
import { eventually, startTestNats, tempDir, type TestNats } from '@slipway/testing';
import { startRegistry, type RunningRegistry } from '../src/start.js';
import { startStandInCluster, type AskedReview, type StandInCluster } from './stand-in-cluster.js';

const TRUST = '/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication';
const SECRET = '/api/v1/namespaces/slipway/secrets/slipway-registry-certificate';
const API_SERVICE = '/apis/apiregistration.k8s.io/v1/apiservices/v1.tekton.dev';
/** As the cluster makes them for CRDs. */
const CRDS = '/apis/apiregistration.k8s.io/v1/apiservices/v1alpha1.build.knative.dev';
const RUNS = '/apis/tekton.dev/v1/namespaces/team-a/pipelineruns';

interface Authority {
  pem: string;
  issue(name: string): Promise<{ cert: string; key: string }>;
}
interface Sent {
  method?: string;
  as?: { cert: string; key: string } | undefined;
  headers?: Record<string, string>;
  body?: unknown;
  agent?: Agent;
}
interface Answered {
  code: number;
  json: Record<string, unknown>;
  headers: IncomingMessage['headers'];
}

describe('the registry behind a cluster', () => {
  let cluster: StandInCluster;
  let nats: TestNats;
  let dir: Awaited<ReturnType<typeof tempDir>>;
  let registry: RunningRegistry;
  let authority: Authority;
  let proxy: { cert: string; key: string };
  /** Another user for each test: what one was allowed is remembered for a while. */
  let ada = '';
  let tests = 0;
  const adaHeaders = (): Record<string, string> => ({ 'x-remote-user': ada, 'x-remote-group': 'dev' });
  const lines: Record<string, unknown>[] = [];

  const trustIn = (pem: string, names = ['front-proxy-client']): void =>
    cluster.put(TRUST, {
      data: {
        'requestheader-client-ca-file': pem,
        'requestheader-allowed-names': JSON.stringify(names),
        'requestheader-username-headers': '["X-Remote-User"]',
        'requestheader-group-headers': '["X-Remote-Group"]',
        'requestheader-extra-headers-prefix': '["X-Remote-Extra-"]',
      },
    });
  const open = (path: string, { method = 'GET', as, headers = {}, body, agent }: Sent = {}): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const request = httpsRequest(`${registry.url}${path}`, {
        method,
        rejectUnauthorized: false, // who is asked here is known; the API server checks it by the caBundle
        agent: agent ?? new Agent({ keepAlive: false }),
        ...(as ?? {}),
        headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      });
      request.on('response', resolve).on('error', reject);
      request.end(body === undefined ? undefined : JSON.stringify(body));
    });
  const send = async (path: string, sent: Sent = {}): Promise<Answered> => {
    const response = await open(path, sent);
    let text = '';
    for await (const chunk of response.setEncoding('utf8')) text += chunk as string;
    const isJson = response.headers['content-type']?.includes('json') === true;
    return {
      code: response.statusCode ?? 0,
      json: isJson ? (JSON.parse(text) as Answered['json']) : {},
      headers: response.headers,
    };
  };
  const asAda = (path: string, sent: Sent = {}): Promise<Answered> =>
    send(path, { as: proxy, ...sent, headers: { ...adaHeaders(), ...sent.headers } });
  /** Short and long requests that are being answered. */
  const placesTaken = async (): Promise<string[]> => {
    let text = '';
    for await (const chunk of (await open('/metrics')).setEncoding('utf8')) text += chunk as string;
    return ['requests_in_flight', 'long_running'].map(
      (name) => new RegExp(`^slipway_api_${name}\\{[^}]*\\} (\\d+)$`, 'm').exec(text)?.[1] ?? '',
    );
  };

  beforeAll(async () => {
    [cluster, nats, dir, authority] = await Promise.all([
      startStandInCluster(),
      startTestNats(),
      tempDir(),
      makeAuthority(),
    ]);
    proxy = await authority.issue('front-proxy-client');
    trustIn(authority.pem);
    cluster.put(SECRET, {});
    cluster.put(API_SERVICE, { spec: { group: 'tekton.dev', version: 'v1', service: { name: 'slipway-registry' } } });
    cluster.put(CRDS, { spec: { group: 'build.knative.dev', version: 'v1alpha1' } });
    cluster.put('/api/v1/namespaces/team-a', {});
    const kubeconfig = join(dir.path, 'kubeconfig');
    await writeFile(kubeconfig, cluster.kubeconfig);
    const write = (line: string): void => void lines.push(JSON.parse(line) as Record<string, unknown>);
    registry = await startRegistry(
      {
        port: 0,
        host: '127.0.0.1',
        database: `sqlite:${join(dir.path, 'registry.db')}`,
        natsUrl: nats.url,
        access: {
          kind: 'cluster',
          from: kubeconfig,
          namespace: 'slipway',
          certificateSecret: 'slipway-registry-certificate',
          service: 'slipway-registry',
        },
        instance: 'registry-0',
        logLevel: 'info',
      },
      { logger: createLogger('registry', 'debug', { write }) },
    );
  });
  afterAll(async () => {
    await registry.stop();
    await Promise.all([cluster.close(), nats.close()]);
    await dir.remove();
  });
  beforeEach(() => {
    ada = `ada-${++tests}`;
  });
  afterEach(() => {
    cluster.allows = () => true;
    cluster.isBroken = false;
    cluster.reviews.length = 0;
  });

  test('keeps its certificate in the Secret, and has the APIService trust its authority', async () => {
    const { data } = cluster.objects.get(SECRET) as unknown as { data: Record<string, string> };
    expect(Object.keys(data).sort()).toEqual(['ca.crt', 'ca.key', 'tls.crt', 'tls.key']);
    await eventually(() => {
      const { spec } = cluster.objects.get(API_SERVICE) as unknown as { spec: { caBundle?: string } };
      return Promise.resolve(spec.caBundle === data['ca.crt']);
    });
    const crds = cluster.objects.get(CRDS) as unknown as { spec: object };
    expect(crds.spec).not.toHaveProperty('caBundle');
    const ca = Buffer.from(data['ca.crt']!, 'base64').toString();
    const answered = await new Promise<number | undefined>((resolve, reject) => {
      const options = { ca, servername: 'slipway-registry.slipway.svc', agent: new Agent({ keepAlive: false }) };
      httpsRequest(`${registry.url}/readyz`, options, (response) => resolve(response.statusCode))
        .on('error', reject)
        .end();
    });
    expect(answered).toBe(200);
  });

  test('has an APIService that is made later trust its authority, and one that somebody changes trust it again', async () => {
    const { data } = cluster.objects.get(SECRET) as unknown as { data: Record<string, string> };
    const later = API_SERVICE.replace('v1.tekton', 'v1beta1.tekton');
    const trusts = (): boolean => {
      const { spec } = cluster.objects.get(later) as unknown as { spec: { caBundle?: string } };
      return spec.caBundle === data['ca.crt'];
    };
    const own = { group: 'tekton.dev', version: 'v1beta1', service: { name: 'slipway-registry' } };
    cluster.put(later, { spec: own });
    await eventually(trusts);
    cluster.put(later, { spec: { ...own, caBundle: 'bm9uZQ==' } });
    await eventually(trusts);
  });

  test('believes the front proxy, and asks the cluster whether its user may', async () => {
    expect((await asAda(RUNS, { headers: { 'x-remote-extra-acme.org%2fteam': 'a' } })).code).toBe(200);
    expect(cluster.reviews).toEqual([
      {
        user: ada,
        groups: ['dev', 'system:authenticated'],
        extra: { 'acme.org/team': ['a'] },
        resourceAttributes: {
          namespace: 'team-a',
          verb: 'list',
          group: 'tekton.dev',
          version: 'v1',
          resource: 'pipelineruns',
        },
      },
    ] satisfies AskedReview[]);
  });

  test('believes nobody else', async () => {
    const others = await makeAuthority();
    const self = await makeAuthority('CN=front-proxy-client');
    const attempts: [what: string, as: Sent['as'], headers: Record<string, string>][] = [
      ['headers without a certificate', undefined, { 'x-remote-user': ada, 'x-remote-group': 'system:masters' }],
      ['another authority with the right name', await others.issue('front-proxy-client'), adaHeaders()],
      ['an authority of its own of the same name', await self.issue('front-proxy-client'), adaHeaders()],
      ['the right authority with another name', await authority.issue('kubelet'), adaHeaders()],
      ['the front proxy without a user', proxy, { 'x-remote-group': 'system:masters' }],
      ['a bearer token', undefined, { authorization: 'Bearer admin-token' }],
      [
        'a bearer token beside a certificate that does not count',
        await others.issue('x'),
        { authorization: 'Bearer x' },
      ],
    ];
    for (const [what, as, headers] of attempts) {
      for (const path of [RUNS, `${RUNS}?watch=true`, '/apis', '/openapi/v3']) {
        expect([what, path, (await send(path, { as, headers })).code]).toEqual([what, path, 401]);
      }
    }
    expect(cluster.reviews).toEqual([]);
    expect((await asAda(RUNS, { headers: { 'impersonate-user': 'eve' } })).code).toBe(403);
  });

  test('refuses on every route, watches included, what the cluster does not allow', async () => {
    cluster.allows = () => false;
    const paths = [RUNS, `${RUNS}/x`, `${RUNS}/x/status`, '/apis/tekton.dev/v1/pipelineruns', '/apis', '/openapi/v3'];
    for (const path of [...paths, '/apis/tekton.dev/v1', '/nowhere']) {
      for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) {
        expect([method, path, (await asAda(path, { method })).code]).toEqual([method, path, 403]);
      }
      expect([path, (await asAda(`${path}?watch=true`)).code]).toEqual([path, 403]);
    }
  });

  test('answers 503 as long as the cluster cannot be asked, and goes on afterwards', async () => {
    cluster.isBroken = true;
    expect((await asAda(`${RUNS}/broken`)).json).toMatchObject({ code: 503, reason: 'ServiceUnavailable' });
    cluster.isBroken = false;
    expect((await asAda(`${RUNS}/broken`)).code).toBe(404);
  });

  test('serves nothing that is the cluster’s own', async () => {
    for (const path of ['/api/v1/secrets', '/api/v1/namespaces', '/api/v1/namespaces/team-a/pods/p/log']) {
      expect([path, (await asAda(path)).code]).toEqual([path, 404]);
    }
    const reviews = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
    expect((await asAda(reviews, { method: 'POST', body: { spec: {} } })).code).toBe(404);
  });

  test('creates only in namespaces that the cluster has and keeps', async () => {
    const create = async (namespace: string): Promise<number> => {
      const path = `/apis/tekton.dev/v1/namespaces/${namespace}/pipelineruns`;
      const body = { metadata: { generateName: 'r-' }, spec: { pipelineRef: { name: 'p' } } };
      return (await asAda(path, { method: 'POST', body })).code;
    };
    expect(await create('team-a')).toBe(201);
    expect(await create('nowhere')).toBe(404);
    cluster.put('/api/v1/namespaces/going', {});
    cluster.objects.get('/api/v1/namespaces/going')!.metadata.deletionTimestamp = '2026-01-01T00:00:00Z';
    expect(await create('going')).toBe(403);
  });

  test('makes nothing new by a patch for somebody who may only patch', async () => {
    const apply = (): Promise<Answered> =>
      asAda(`${RUNS}/applied?fieldManager=test`, {
        method: 'PATCH',
        headers: { 'content-type': 'application/apply-patch+yaml' },
        body: { apiVersion: 'tekton.dev/v1', kind: 'PipelineRun', spec: { pipelineRef: { name: 'p' } } },
      });
    cluster.allows = ({ resourceAttributes }) => resourceAttributes?.['verb'] === 'patch';
    expect((await apply()).code).toBe(403);
  });

  test('writes down who did what, under the cluster’s own name of the request', async () => {
    cluster.allows = ({ resourceAttributes }) => resourceAttributes?.['verb'] !== 'delete';
    const body = { metadata: { name: 'audited' }, spec: { pipelineRef: { name: 'p' } } };
    const created = await asAda(RUNS, { method: 'POST', headers: { 'audit-id': 'a1-b2' }, body });
    expect(created.headers['audit-id']).toBe('a1-b2');
    await asAda(`${RUNS}/audited`, { method: 'DELETE', headers: { 'audit-id': 'c3' } });
    const where = { audit: true, user: ada, group: 'tekton.dev', resource: 'pipelineruns', namespace: 'team-a' };
    await eventually(() => Promise.resolve(lines.some(({ requestId }) => requestId === 'c3')));
    expect(lines.filter(({ requestId }) => requestId === 'a1-b2' || requestId === 'c3')).toMatchObject([
      { ...where, requestId: 'a1-b2', verb: 'create', code: 201 },
      { ...where, requestId: 'c3', verb: 'delete', name: 'audited', code: 403 },
    ]);
  });

  test('stops believing an authority at once when the cluster names another, also on connections that stay open', async () => {
    const next = await makeAuthority();
    const agent = new Agent({ keepAlive: true, maxSockets: 1, ...proxy, rejectUnauthorized: false });
    const watch = await open(`${RUNS}?watch=true&timeoutSeconds=2`, { as: proxy, headers: adaHeaders(), agent });
    expect(watch.statusCode).toBe(200);
    trustIn(next.pem);
    const renewed = await next.issue('front-proxy-client');
    await eventually(async () => (await send(RUNS, { as: renewed, headers: adaHeaders() })).code === 200);
    watch.resume(); // the connection is free again after it
    expect((await send(RUNS, { headers: adaHeaders(), agent })).code).toBe(401);
    agent.destroy();
    trustIn(authority.pem);
    await eventually(async () => (await asAda(RUNS)).code === 200);
  });

  // prettier-ignore
  test.each([
    ['a list', RUNS, {}],
    ['a watch', `${RUNS}?watch=true`, {}],
    ['a watch over WebSocket', `${RUNS}?watch=true`, { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==' }],
  ])('a client that asks for %s and goes before the cluster has allowed it leaves its place to others', async (_what, path, headers) => {
    let answerReviews = (): void => {};
    cluster.reviewsWait = new Promise((resolve) => (answerReviews = resolve));
    const agent = new Agent({ keepAlive: true, ...proxy, rejectUnauthorized: false });
    const asked = open(path, { headers: { ...adaHeaders(), ...headers }, agent });
    await eventually(() => cluster.reviews.some(({ user }) => user === ada));
    agent.destroy();
    await expect(asked).rejects.toThrow();
    await send('/healthz'); // by then the server has seen it go
    answerReviews();
    await asAda(`${RUNS}/other`); // by then it was admitted
    await eventually(async () => expect(await placesTaken()).toEqual(['0', '0']) === undefined);
  });

  test('a server that stops does not wait for clients that keep their connections, whatever they asked for last', async () => {
    const agent = new Agent({ keepAlive: true, ...proxy, rejectUnauthorized: false });
    const asking = (user: string): Promise<IncomingMessage> =>
      open(`${RUNS}?watch=true`, { headers: { ...adaHeaders(), 'x-remote-user': user }, agent });
    const watch = await asking(ada);
    expect(watch.statusCode).toBe(200);
    watch.resume();
    let answerReviews = (): void => {};
    cluster.reviewsWait = new Promise((resolve) => (answerReviews = resolve));
    cluster.allows = ({ user }) => user !== 'refused-late';
    const late = ['allowed-late', 'refused-late'].map(async (user) => {
      const answered = await asking(user);
      await once(answered.resume(), 'end');
      return answered.statusCode;
    });
    await eventually(() =>
      ['allowed-late', 'refused-late'].every((name) => cluster.reviews.some(({ user }) => user === name)),
    );
    const stopped = registry.stop();
    answerReviews();
    await stopped;
    expect(await Promise.all(late)).toEqual([200, 403]);
    agent.destroy();
  });
});

async function makeAuthority(name = 'CN=front-proxy-ca'): Promise<Authority> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  x509.cryptoProvider.set(webcrypto);
  const between = { notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + 86_400_000) };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name,
    ...between,
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
    ],
  });
  return {
    pem: certificate.toString('pem'),
    issue: async (subject) => {
      const own = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
      const issued = await x509.X509CertificateGenerator.create({
        subject: `CN=${subject}`,
        issuer: certificate.subject,
        ...between,
        publicKey: own.publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm: algorithm,
        extensions: [new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth])],
      });
      const key = await webcrypto.subtle.exportKey('pkcs8', own.privateKey);
      return { cert: issued.toString('pem'), key: x509.PemConverter.encode(key, 'PRIVATE KEY') };
    },
  };
}
