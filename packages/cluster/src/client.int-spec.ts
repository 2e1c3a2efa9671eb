// The client and an API server whose certificate or authority changes while the client runs.

import { writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { ensureServerCertificate, type KeptCertificates } from '@slipway/certificates';
import { eventually, tempDir } from '@slipway/testing';
import { loadAccess } from './access.js';
import { ClusterClient } from './client.js';
import { followObject } from './follow-object.js';

const NAMES = ['127.0.0.1'];
const YEAR_MS = 365 * 24 * 60 * 60 * 1000;
const PATH = { collection: '/api/v1/namespaces/ns/configmaps', name: 'c' };

describe('a client of a cluster', () => {
  let dir: Awaited<ReturnType<typeof tempDir>>;
  let server: Server;
  let client: ClusterClient;
  let connections = 0;
  let accepted = 'first';
  let revision = 1;
  let good: KeptCertificates;
  let ended: KeptCertificates;
  let other: KeptCertificates;

  const present = (certificates: KeptCertificates): void => {
    server.setSecureContext(certificates);
    server.closeAllConnections();
  };
  const believe = (ca: string, token = accepted): Promise<void> =>
    writeFile(
      join(dir.path, 'kubeconfig'),
      JSON.stringify({
        'current-context': 'c',
        contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
        clusters: [
          {
            name: 'c',
            cluster: {
              server: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
              'certificate-authority-data': Buffer.from(ca).toString('base64'),
            },
          },
        ],
        users: [{ name: 'u', user: { token } }],
      }),
    );

  beforeAll(async () => {
    ended = await ensureServerCertificate(undefined, NAMES, Date.now() - 2 * YEAR_MS);
    good = await ensureServerCertificate(ended, NAMES, Date.now());
    other = await ensureServerCertificate(undefined, NAMES, Date.now());
  });
  beforeEach(async () => {
    dir = await tempDir();
    accepted = 'first';
    server = createServer(good, (request, response) => {
      const isKnown = request.headers.authorization === `Bearer ${accepted}`;
      const object = { metadata: { name: 'c', resourceVersion: String(revision) } };
      const { searchParams } = new URL(request.url ?? '/', 'https://c');
      if (isKnown && searchParams.has('watch')) {
        response.writeHead(200).flushHeaders();
        const isNew = String(revision) !== searchParams.get('resourceVersion');
        if (isNew) response.write(`${JSON.stringify({ type: 'MODIFIED', object })}\n`);
        return;
      }
      response.writeHead(isKnown ? 200 : 401).end(JSON.stringify(isKnown ? object : { message: 'Unauthorized' }));
    });
    server.on('connection', () => void connections++);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    await believe(good.ca);
    client = new ClusterClient(await loadAccess(join(dir.path, 'kubeconfig')));
  });
  afterEach(async () => {
    client.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await dir.remove();
  });

  const ask = (): Promise<unknown> => client.request('/version');
  /** A connection that was kept may still look open when it is used. */
  const isNotTrusted = (): Promise<unknown> =>
    eventually(() =>
      ask().then(
        () => false,
        (thrown: unknown) => (thrown as { reason?: string }).reason === 'ClusterNotTrusted',
      ),
    );
  const untrusted = {
    kind: 'transient',
    reason: 'ClusterNotTrusted',
    message: expect.stringContaining('certificate') as string,
    hint: expect.stringContaining('Renew') as string,
  };

  test('says of a certificate that has ended what to do, at one handshake a try, and goes on when it is renewed', async () => {
    await ask();
    present(ended);
    await isNotTrusted();
    const before = connections;
    for (let i = 0; i < 3; i++) await expect(ask()).rejects.toMatchObject(untrusted);
    expect(connections - before).toBe(3);
    present(good);
    await eventually(ask);
  });

  test('reads the authority once more when the one it knows did not sign', async () => {
    await ask();
    present(other);
    await isNotTrusted();
    await expect(ask()).rejects.toMatchObject(untrusted);
    await believe(other.ca);
    await Promise.all([ask(), ask(), ask()]);
  });

  test('reads its credentials once more when they are refused', async () => {
    await ask();
    accepted = 'second';
    await expect(ask()).rejects.toMatchObject({ kind: 'unauthorized' });
    await believe(good.ca);
    await ask();
  });

  test('goes on following an object, and misses no state of it', async () => {
    const seen: (string | undefined)[] = [];
    const errors: unknown[] = [];
    const signal = new AbortController();
    await followObject<{ metadata: { resourceVersion: string } }>(client, PATH, {
      signal: signal.signal,
      onState: (object) => void seen.push(object?.metadata.resourceVersion),
      onError: (error) => void errors.push(error),
    });
    present(ended);
    revision = 2;
    await eventually(() => errors.some((error) => (error as { reason?: string }).reason === 'ClusterNotTrusted'));
    present(good);
    await eventually(() => seen.includes('2'), { what: 'the state that came meanwhile' });
    signal.abort();
  });
});
