// A server that speaks the parts of Cloud Storage's JSON API that copying needs, and Google's token endpoint: it takes JWTs
// that are signed with its key.

import { createHash, generateKeyPairSync, verify } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface StorageServer {
  url: string;
  /** Content by `<bucket>/<name>`. */
  objects: Map<string, Buffer>;
  /** Whether everything needs a token, reading too. */
  isPrivate: boolean;
  /** The file of a service account that this server knows. */
  credentials: string;
  /** `GET /storage/v1/…`, newest last. */
  requests: string[];
  /** Pairs for MIRRORS that lead both of Google's hosts here. */
  mirrors: string;
  /** Answers by the start of `METHOD path`, before the API's own. */
  overrides: Map<string, (response: ServerResponse) => void>;
  close(): Promise<void>;
}

const EMAIL = 'ci@project.iam.gserviceaccount.com';
const TOKEN_URI = 'https://oauth2.googleapis.com/token';
const ACCESS_TOKEN = 'ya29.access';
/** Small, so that lists have pages. */
const PAGE = 2;

export async function startStorageServer(host = '127.0.0.1'): Promise<StorageServer> {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const method = request.method ?? 'GET';
      const url = new URL(request.url ?? '/', self.url);
      self.requests.push(`${method} ${url.pathname}`);
      const override = [...self.overrides].find(([start]) => `${method} ${url.pathname}`.startsWith(start));
      if (override !== undefined) return override[1](response);
      const body = Buffer.concat(chunks);
      if (url.pathname === '/token') return say(response, ...tokenFor(body.toString(), publicKey));
      const isKnown = request.headers.authorization === `Bearer ${ACCESS_TOKEN}`;
      if ((self.isPrivate || method !== 'GET') && !isKnown) return say(response, 401, { error: { message: 'Login' } });
      answer(self.objects, method, url, body, response);
    });
  });
  const self: StorageServer = {
    url: '',
    objects: new Map(),
    isPrivate: false,
    credentials: JSON.stringify({
      ...{ type: 'service_account', client_email: EMAIL, private_key: privateKey, private_key_id: 'k1' },
      token_uri: TOKEN_URI,
    }),
    requests: [],
    mirrors: '',
    overrides: new Map(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  self.url = `http://${host}:${(server.address() as AddressInfo).port}`;
  self.mirrors = `https://storage.googleapis.com/=${self.url}/ https://oauth2.googleapis.com/=${self.url}/`;
  return self;
}

/** RFC 7523, as Google asks for it. */
function tokenFor(form: string, publicKey: string): [status: number, body: object] {
  const query = new URLSearchParams(form);
  const [head = '', claims = '', signature = ''] = (query.get('assertion') ?? '').split('.');
  const isSigned = verify(
    'RSA-SHA256',
    Buffer.from(`${head}.${claims}`),
    publicKey,
    Buffer.from(signature, 'base64url'),
  );
  const read = (part: string): Record<string, unknown> =>
    JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>;
  if (query.get('grant_type') !== 'urn:ietf:params:oauth:grant-type:jwt-bearer' || !isSigned) {
    return [400, { error: 'invalid_grant' }];
  }
  const { iss, aud, iat, exp } = read(claims) as { iss: string; aud: string; iat: number; exp: number };
  const isDue = Math.abs(iat - Date.now() / 1000) < 300 && exp - iat <= 3600;
  if (read(head)['alg'] !== 'RS256' || iss !== EMAIL || aud !== TOKEN_URI || !isDue) {
    return [400, { error: 'invalid_grant' }];
  }
  return [200, { access_token: ACCESS_TOKEN, expires_in: 3599, token_type: 'Bearer' }];
}

function answer(objects: Map<string, Buffer>, method: string, url: URL, body: Buffer, response: ServerResponse): void {
  const [, upload, bucket = '', encoded] =
    /^(\/upload)?\/storage\/v1\/b\/([^/]+)\/o(?:\/(.+))?$/.exec(url.pathname) ?? [];
  const name = encoded === undefined ? undefined : decodeURIComponent(encoded);
  const listed = (object: string, content: Buffer): object => ({
    name: object,
    size: String(content.length),
    md5Hash: createHash('md5').update(content).digest('base64'),
  });
  if (upload !== undefined && method === 'POST') {
    const object = url.searchParams.get('name') ?? '';
    objects.set(`${bucket}/${object}`, body);
    return say(response, 200, listed(object, body));
  }
  if (name === undefined) {
    const prefix = `${bucket}/${url.searchParams.get('prefix') ?? ''}`;
    const all = [...objects].filter(([key]) => key.startsWith(prefix)).sort(([a], [b]) => (a < b ? -1 : 1));
    const from = Number(url.searchParams.get('pageToken') ?? 0);
    const items = all.slice(from, from + PAGE).map(([key, content]) => listed(key.slice(bucket.length + 1), content));
    const more = from + PAGE < all.length ? { nextPageToken: String(from + PAGE) } : {};
    return say(response, 200, { ...(items.length === 0 ? {} : { items }), ...more });
  }
  const content = objects.get(`${bucket}/${name}`);
  if (content === undefined) return say(response, 404, { error: { message: `No such object: ${bucket}/${name}` } });
  if (method === 'DELETE') {
    objects.delete(`${bucket}/${name}`);
    return say(response, 204);
  }
  if (url.searchParams.get('alt') === 'media') return void response.writeHead(200).end(content);
  say(response, 200, listed(name, content));
}

function say(response: ServerResponse, status: number, body?: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(body === undefined ? undefined : JSON.stringify(body));
}
