// HTTP to one REST API, for the programs of steps.
//
//   R1. Credentials go to the API's own origin and nowhere else, whatever a redirect or a page's link says.
//   R2. Only what can be repeated is: reads, after failures that pass.
//   R3. No error holds a header or the query of a URL.

import { mirrored, type Mirror } from '@slipway/contracts';
import {
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
} from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

export interface RestClientOptions {
  /** Base URL, without a slash at its end. */
  base: string;
  /** Headers that are sent to the API only (R1). */
  credentials?: () => Promise<Readonly<Record<string, string>>>;
  headers?: Readonly<Record<string, string>>;
  mirrors: readonly Mirror[];
  insecure?: boolean;
}

export interface Sent {
  method?: string;
  headers?: OutgoingHttpHeaders;
  body?: Buffer | Readable;
}

/** An answer that is no success. */
export class AnswerError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

const IDLE_MS = 60_000;
const ATTEMPTS = 4;
const FIRST_PAUSE_MS = 500;
const MAX_REDIRECTS = 5;
const MAX_JSON_BYTES = 32 << 20;
const MAX_PAGES = 100;

export class RestClient {
  constructor(private readonly options: RestClientOptions) {}

  /** The answer as JSON; undefined where it has no body. */
  async json<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await this.#ask(path, sentJson(method, body));
    return parsed(await readAll(answer, MAX_JSON_BYTES)) as T;
  }

  /** The answer to a form, as JSON. */
  async form<T>(path: string, form: URLSearchParams): Promise<T> {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const answer = await this.#ask(path, { method: 'POST', headers, body: Buffer.from(form.toString()) });
    return parsed(await readAll(answer, MAX_JSON_BYTES)) as T;
  }

  /** Every page of a list. `itemsOf` finds the list in a page that is an object. */
  async all<T>(path: string, itemsOf: (page: unknown) => T[] = (page) => page as T[]): Promise<T[]> {
    const items: T[] = [];
    let next: string | undefined = path;
    for (let page = 0; next !== undefined; page++) {
      if (page === MAX_PAGES) throw new Error(`${this.options.base} lists more than ${MAX_PAGES} pages`);
      const answer: IncomingMessage = await this.#ask(next, { method: 'GET' });
      const found = itemsOf(parsed(await readAll(answer, MAX_JSON_BYTES)));
      if (!Array.isArray(found)) throw new Error(`${this.options.base} answered with something that is no list`);
      items.push(...found);
      next = nextPage(answer.headers);
    }
    return items;
  }

  /** The answer to a read, to be read from. */
  read(path: string): Promise<IncomingMessage> {
    return this.#ask(path, { method: 'GET' });
  }

  async send(path: string, sent: Sent): Promise<void> {
    await readAll(await this.#ask(path, sent), MAX_JSON_BYTES);
  }

  async #ask(path: string, sent: Sent): Promise<IncomingMessage> {
    const isRead = (sent.method ?? 'GET') === 'GET';
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#follow(path, sent, (await this.options.credentials?.()) ?? {});
      } catch (error) {
        const status = error instanceof AnswerError ? error.status : 0;
        const passes = status === 0 || status === 429 || status >= 500;
        if (!isRead || !passes || attempt === ATTEMPTS) throw error; // R2
        await sleep(FIRST_PAUSE_MS * 2 ** (attempt - 1));
      }
    }
  }

  async #follow(path: string, sent: Sent, credentials: Readonly<Record<string, string>>): Promise<IncomingMessage> {
    const { base, mirrors } = this.options;
    const home = new URL(mirrored(`${base}/`, mirrors).url);
    let url = new URL(mirrored(/^https?:/.test(path) ? path : `${base}${path}`, mirrors).url);
    for (let hop = 0; ; hop++) {
      const answer = await this.#once(url, url.origin === home.origin ? credentials : {}, sent); // R1
      const { statusCode: status = 0, headers } = answer;
      if (status >= 200 && status < 300) return answer;
      const words = (await readAll(answer, 1 << 16)).toString('utf8');
      if ([301, 302, 307, 308].includes(status) && headers.location !== undefined) {
        if (hop < MAX_REDIRECTS && (sent.method ?? 'GET') === 'GET') {
          url = new URL(mirrored(new URL(headers.location, url).href, mirrors).url);
          continue;
        }
      }
      const where = `${sent.method ?? 'GET'} ${url.origin}${url.pathname}`;
      throw new AnswerError(status, `${where} answered with status ${status}${messageIn(words)}`); // R3
    }
  }

  #once(
    url: URL,
    credentials: Readonly<Record<string, string>>,
    { method = 'GET', headers, body }: Sent,
  ): Promise<IncomingMessage> {
    const { insecure } = this.options;
    return new Promise((resolve, reject) => {
      const sent = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, {
        method,
        headers: {
          'user-agent': 'slipway',
          ...this.options.headers,
          ...headers,
          ...credentials,
          ...(Buffer.isBuffer(body) ? { 'content-length': body.length } : {}),
        },
        ...(insecure === true ? { rejectUnauthorized: false } : {}),
        timeout: IDLE_MS,
      });
      sent.on('timeout', () => sent.destroy(new Error(`no answer within ${IDLE_MS / 1000} seconds`)));
      sent.on('error', (error) => reject(new Error(`${method} ${url.origin}: ${error.message}`)));
      sent.on('response', resolve);
      if (body === undefined || Buffer.isBuffer(body)) return void sent.end(body);
      body.on('error', (error) => sent.destroy(error));
      body.pipe(sent);
    });
  }
}

/** The whole body. Throws when it is longer than `maxBytes`. */
export async function readAll(answer: Readable, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) throw new Error(`an answer is larger than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function sentJson(method: string, body: unknown): Sent {
  if (body === undefined) return { method };
  return { method, headers: { 'content-type': 'application/json' }, body: Buffer.from(JSON.stringify(body)) };
}

function parsed(bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined;
  try {
    return JSON.parse(bytes.toString('utf8')) as unknown;
  } catch {
    throw new Error('the answer is not JSON');
  }
}

/** RFC 8288: `<https://…?page=2>; rel="next", …`. */
function nextPage({ link }: IncomingHttpHeaders): string | undefined {
  const links = typeof link === 'string' ? link.split(',') : [];
  return links.map((one) => /<([^>]+)>[^,]*;\s*rel="?next"?/.exec(one)?.[1]).find((url) => url !== undefined);
}

/** GitHub and Google say `message`, GitLab `message` or `error`. */
function messageIn(body: string): string {
  try {
    const { message, error } = JSON.parse(body) as { message?: unknown; error?: unknown };
    const said =
      message ?? (typeof error === 'object' && error !== null ? (error as { message?: unknown }).message : error);
    return said === undefined ? '' : `: ${typeof said === 'string' ? said : JSON.stringify(said)}`.slice(0, 500);
  } catch {
    return '';
  }
}
