// The http and hub resolvers against real servers, and what a tenant could try with them.

import { NetworkGuard } from '@slipway/guarded-http';
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { remoteWorld } from './remote-world.js';
import { redirect, startWebServer, text, type WebServer } from '@slipway/testing';

let web: WebServer;
let other: WebServer;

beforeAll(async () => {
  [web, other] = await Promise.all([startWebServer(), startWebServer()]);
});
afterAll(() => Promise.all([web.close(), other.close()]));
beforeEach(() => {
  for (const server of [web, other]) {
    server.answers.clear();
    server.requests.length = 0;
  }
});

const sha256 = (content: string): string => createHash('sha256').update(content).digest('hex');

describe('the http resolver', () => {
  test('fetches a document, and says where it came from and what its digest is', async () => {
    web.answers.set('/task.yaml?token=abc', text('kind: Task'));
    const { data, refSource } = await remoteWorld().resolve('http', { url: `${web.url}/task.yaml?token=abc` });
    expect(Buffer.from(data).toString()).toBe('kind: Task');
    expect(refSource).toEqual({ uri: `${web.url}/task.yaml`, digest: { sha256: sha256('kind: Task') } });
  });

  test('keeps to the digest that the reference pins', async () => {
    web.answers.set('/a', text('kind: Task'));
    const world = remoteWorld();
    const url = `${web.url}/a`;
    await expect(world.text('http', { url, digest: `sha256:${sha256('kind: Task')}` })).resolves.toBe('kind: Task');
    await expect(world.text('http', { url, digest: `sha256:${sha256('other')}` })).rejects.toThrow(
      /has not the digest/,
    );
    await expect(world.text('http', { url, digest: 'md5:00' })).rejects.toThrow(/"digest" must be sha256/);
  });

  test('sends the password of a secret of the own namespace, and only to the origin of the URL', async () => {
    const world = remoteWorld();
    world.objects.addSecret('ns', 'web', { password: 'pa:ss', other: 'x' });
    world.objects.addSecret('elsewhere', 'theirs', { password: 'y' });
    web.answers.set('/a', redirect(`${web.url}/b`));
    web.answers.set('/b', redirect(`${other.url}/c`));
    other.answers.set('/c', text('kind: Task'));
    const basic = `Basic ${Buffer.from('me:pa:ss').toString('base64')}`;
    const ref = { url: `${web.url}/a`, 'http-username': 'me', 'http-password-secret': 'web' };
    await expect(world.text('http', ref)).resolves.toBe('kind: Task');
    expect(web.requests).toEqual([`/a ${basic}`, `/b ${basic}`]);
    expect(other.requests).toEqual(['/c']);
    await expect(world.text('http', { ...ref, 'http-password-secret': 'theirs' })).rejects.toThrow(
      'the secret "theirs" does not exist in namespace "ns"',
    );
  });

  test('says what a server answered, and nothing of what is secret in the URL', async () => {
    web.answers.set('/private?key=canary', (_, response) => void response.writeHead(403).end('canary'));
    const failure = await remoteWorld()
      .text('http', { url: `${web.url}/private?key=canary` })
      .catch(String);
    expect(failure).toMatch(/\/private answers with status 403/);
    expect(failure).not.toMatch(/canary/);
    await expect(remoteWorld().text('http', { url: `http://me:canary@127.0.0.1:${web.port}/` })).rejects.toThrow(
      /the URL "http:\/\/\*\*\*@127.0.0.1:\d+\/" is refused: credentials belong in a secret/,
    );
  });

  test('tries again where a server is away for a moment', async () => {
    let tries = 0;
    web.answers.set('/flaky', (request, response) => {
      if (++tries < 3) response.writeHead(503).end();
      else text('kind: Task')(request, response);
    });
    await expect(remoteWorld().text('http', { url: `${web.url}/flaky` })).resolves.toBe('kind: Task');
  });

  test('reads no more than a document may have, packed or not', async () => {
    web.answers.set('/endless', (_, response) => {
      const chunk = Buffer.alloc(64 << 10, 0x61);
      const go = (): void => {
        while (!response.destroyed && response.write(chunk));
      };
      response.on('drain', go);
      response.writeHead(200);
      go();
    });
    web.answers.set('/bomb', text(gzipSync(Buffer.alloc(16 << 20)), { 'content-encoding': 'gzip' }));
    for (const path of ['/endless', '/bomb']) {
      await expect(remoteWorld().text('http', { url: web.url + path })).rejects.toThrow(/larger than 1050000 bytes/);
    }
  });

  test('ends with its signal, however slow the server is', async () => {
    web.answers.set('/hangs', () => undefined);
    const abort = new AbortController();
    const hanging = remoteWorld().resolve('http', { url: `${web.url}/hangs` }, abort.signal);
    abort.abort();
    await expect(hanging).rejects.toThrow();
  });

  test('follows five redirects and no more', async () => {
    web.answers.set('/round', redirect('/round'));
    await expect(remoteWorld().text('http', { url: `${web.url}/round` })).rejects.toThrow(/more than 5 times/);
  });
});

// Every spelling of an address that means something only to the platform itself.
// prettier-ignore
const PRIVATE = [
  'http://127.0.0.1/', 'http://localhost/', 'http://127.1/', 'http://2130706433/', 'http://0x7f000001/', 'http://0177.0.0.1/',
  'http://[::1]/', 'http://[::ffff:127.0.0.1]/', 'http://[::ffff:7f00:1]/', 'http://0.0.0.0/', 'http://[::]/', 'http://10.1.2.3/',
  'http://172.16.0.1/', 'http://192.168.1.1/', 'http://100.64.0.1/', 'http://169.254.169.254/latest/meta-data/', 'http://[fe80::1]/',
  'http://[fd00:ec2::254]/', 'http://[64:ff9b::7f00:1]/', 'http://[2002:7f00:1::]/',
];

describe('addresses that tenants may not name', () => {
  test.each(PRIVATE)('%s is refused', async (url) => {
    await expect(remoteWorld({}, new NetworkGuard([])).text('http', { url })).rejects.toThrow(/The address of .* is /);
  });

  test.each(['file:///etc/passwd', 'ftp://example.com/x', 'gopher://x', 'javascript:1', 'x', '//127.0.0.1/', ''])(
    '%j is no address for http at all',
    async (url) => {
      await expect(remoteWorld().text('http', { url })).rejects.toThrow(/refused|missing/);
    },
  );

  test('a redirect to one is refused like the address itself', async () => {
    web.answers.set('/a', redirect('http://169.254.169.254/latest/meta-data/'));
    await expect(remoteWorld().text('http', { url: `${web.url}/a` })).rejects.toThrow(/link-local/);
    web.answers.set('/b', redirect('file:///etc/passwd'));
    await expect(remoteWorld().text('http', { url: `${web.url}/b` })).rejects.toThrow(/must begin with https/);
  });

  test('a name with a public and a private address is refused', async () => {
    const both = [
      { address: '93.184.216.34', family: 4 },
      { address: '10.0.0.1', family: 4 },
    ];
    const world = remoteWorld({}, new NetworkGuard([], () => Promise.resolve(both)));
    await expect(world.text('http', { url: 'http://rebind.example/' })).rejects.toThrow(/is private/);
  });

  test('a name is looked up once, and what was checked is what is connected to', async () => {
    let lookups = 0;
    const rebinding = (): Promise<{ address: string; family: number }[]> =>
      Promise.resolve([{ address: ++lookups === 1 ? '127.0.0.1' : '169.254.169.254', family: 4 }]);
    const world = remoteWorld({}, new NetworkGuard(['127.0.0.1'], rebinding));
    web.answers.set('/a', text('kind: Task'));
    await expect(world.text('http', { url: `http://rebind.example:${web.port}/a` })).resolves.toBe('kind: Task');
    expect(lookups).toBe(1);
  });

  test("the operator's mirror may be one, and gets no credentials of tenants", async () => {
    const mirrors = [{ from: 'https://raw.example.com/', to: `${web.url}/raw/` }];
    const world = remoteWorld({ mirrors }, new NetworkGuard([]));
    world.objects.addSecret('ns', 'web', { password: 'canary' });
    web.answers.set('/raw/a.yaml', text('kind: Task'));
    const url = 'https://raw.example.com/a.yaml';
    const { refSource } = await world.resolve('http', { url, 'http-username': 'me', 'http-password-secret': 'web' });
    expect(refSource.uri).toBe(url);
    expect(web.requests).toEqual(['/raw/a.yaml']);
  });

  test.each(['../admin', 'x/%2E%2e/../admin', '..\\admin', '.\t./admin'])(
    "nothing beside what the operator's mirror stands for is asked of it, by %j",
    async (way) => {
      const mirrors = [{ from: 'https://raw.example.com/', to: `${web.url}/raw/` }];
      const guard = new NetworkGuard([], () => Promise.reject(new Error('no such host')));
      web.answers.set('/admin', text('kind: Secret'));
      const url = `https://raw.example.com/${way}`;
      await expect(remoteWorld({ mirrors }, guard).resolve('http', { url })).rejects.toThrow(/cannot be found/);
      expect(web.requests).toEqual([]);
    },
  );
});

describe('the hub resolver', () => {
  const hubs = () => ({ artifactHubUrl: web.url, tektonHubUrl: `${web.url}/` });
  const artifact = '/api/v1/packages/tekton-task/tekton-catalog-tasks/git-clone';

  test('takes a document from Artifact Hub, whose versions have three numbers', async () => {
    web.answers.set(`${artifact}/0.6.0`, text(JSON.stringify({ data: { manifestRaw: 'kind: Task' } })));
    const { data, refSource } = await remoteWorld(hubs()).resolve('hub', { name: 'git-clone', version: '0.6' });
    expect(Buffer.from(data).toString()).toBe('kind: Task');
    expect(refSource).toEqual({
      uri: `${web.url}${artifact}/0.6.0`,
      digest: { sha256: sha256('kind: Task') },
    });
  });

  test('takes the newest version that keeps a constraint', async () => {
    const versions = [{ version: '0.6.0' }, { version: '0.10.0' }, { version: '1.0.0' }];
    web.answers.set(artifact, text(JSON.stringify({ available_versions: versions })));
    web.answers.set(`${artifact}/0.10.0`, text(JSON.stringify({ data: { manifestRaw: 'kind: Task' } })));
    const ref = { name: 'git-clone', version: '>= 0.6, < 1.0' };
    await expect(remoteWorld(hubs()).text('hub', ref)).resolves.toBe('kind: Task');
    await expect(remoteWorld(hubs()).text('hub', { ...ref, version: '> 2' })).rejects.toThrow(/no version of the task/);
  });

  test('takes a document from a Tekton Hub, whose versions have two', async () => {
    const answer = text(JSON.stringify({ data: { yaml: 'kind: Pipeline' } }));
    web.answers.set('/v1/resource/Tekton/pipeline/buildpacks/0.2/yaml', answer);
    const ref = { type: 'tekton', kind: 'pipeline', name: 'buildpacks', version: '0.2.0' };
    await expect(remoteWorld(hubs()).text('hub', ref)).resolves.toBe('kind: Pipeline');
  });

  test('a name brings no other path with it', async () => {
    const names = ['../../../../secrets', '..', 'a?b', 'a#b'];
    for (const name of names) {
      await expect(remoteWorld(hubs()).text('hub', { name, version: '1.0.0' })).rejects.toThrow();
    }
    const asked = web.requests.every((path) => path.startsWith('/api/v1/packages/tekton-task/tekton-catalog-tasks/'));
    expect(asked).toBe(true);
  });

  test.each(['<html>', '[]', '{"data":{}}', '{"data":{"manifestRaw":7}}'])(
    'an answer of %s is told',
    async (answer) => {
      web.answers.set(`${artifact}/1.0.0`, text(answer));
      await expect(remoteWorld(hubs()).text('hub', { name: 'git-clone', version: '1.0.0' })).rejects.toThrow(
        /no JSON|has no document/,
      );
    },
  );
});
