// One HTTP request for a user, bounded in time and size, to a host that the guard lets through. Redirects are answers
// like any other: whoever follows one asks again, and is judged again.

import type { NetworkGuard } from '@slipway/guarded-http';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { SlipwayError } from '@slipway/contracts';

export interface GuardedRequest {
  method: 'GET' | 'HEAD' | 'POST';
  url: URL;
  headers?: Readonly<Record<string, string>>;
  body?: Buffer;
  /** For everything, from the name to the last byte. Milliseconds. */
  timeoutMs: number;
  /** Of the answer's body; one that is longer is an error. */
  maxBytes: number;
}

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/**
 * Errors  SlipwayError: `forbidden` where the guard says no, `too-large` for an answer over the limit, `transient` for
 *         all that a network can do wrong. None holds the query of the URL or a header.
 */
export function guardedRequest(guard: NetworkGuard, asked: GuardedRequest): Promise<Answer> {
  const { url, method, headers, body, timeoutMs, maxBytes } = asked;
  guard.checkHost(url.hostname);
  return new Promise((resolve, reject) => {
    const failed = (why: string, cause?: unknown): void =>
      reject(
        cause instanceof SlipwayError
          ? cause
          : new SlipwayError('transient', 'RequestFailed', `${method} ${url.origin}: ${why}`, { cause }),
      );
    const sent = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, {
      method,
      headers: { ...headers, ...(body === undefined ? {} : { 'content-length': String(body.length) }) },
      lookup: guard.lookup,
      agent: false, // a kept connection would outlive the judgement of its address
      signal: AbortSignal.timeout(timeoutMs),
    });
    sent.on('error', (error) => {
      failed(error.name === 'AbortError' ? `no answer within ${timeoutMs} ms` : error.message, error);
    });
    sent.on('response', (answer) => {
      const chunks: Buffer[] = [];
      let size = 0;
      answer.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > maxBytes) {
          const message = `The answer of ${url.origin} is larger than ${maxBytes} bytes.`;
          answer.destroy(new SlipwayError('too-large', 'AnswerTooLarge', message));
        } else chunks.push(chunk);
      });
      answer.on('error', (error) => failed(error.message, error));
      answer.on('end', () =>
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks) }),
      );
    });
    sent.end(body);
  });
}
