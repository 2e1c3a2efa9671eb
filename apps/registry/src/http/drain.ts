// The rest of a body that nobody wants.

import type { IncomingMessage } from 'node:http';
import { DRAIN_LIMIT_BYTES, DRAIN_LIMIT_MS } from './limits.js';

/**
 * Reads on and forgets until the client has sent everything, within limits.
 *
 * Clients write their whole body before they look for an answer: where the connection closes under them, they report a
 * broken pipe instead of what was wrong.
 */
export function drain(request: IncomingMessage): Promise<void> {
  if (request.complete || request.destroyed) return Promise.resolve();
  if (Number(request.headers['content-length'] ?? 0) > DRAIN_LIMIT_BYTES) return Promise.resolve();
  return new Promise((resolve) => {
    let left = DRAIN_LIMIT_BYTES;
    const done = (): void => {
      clearTimeout(late);
      request.pause();
      request.removeListener('data', take).removeListener('end', done).removeListener('close', done);
      resolve();
    };
    const take = (chunk: Uint8Array): void => {
      left -= chunk.length;
      if (left < 0) done();
    };
    const late = setTimeout(done, DRAIN_LIMIT_MS).unref();
    request.on('data', take).once('end', done).once('close', done).resume();
  });
}
