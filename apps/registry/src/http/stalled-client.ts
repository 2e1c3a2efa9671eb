// A stream to a client goes no faster than the client takes it, and not for ever.

import type { FastifyReply } from 'fastify';

/** Waits until the client has taken what was written; one that takes nothing for so long is let go. */
export function drained({ raw, request }: FastifyReply, signal: AbortSignal, stalledMs: number): Promise<void> {
  const { socket } = request.raw;
  return new Promise((resolve) => {
    const stalled = setTimeout(() => socket.destroy(), stalledMs).unref();
    const done = (): void => {
      clearTimeout(stalled);
      raw.removeListener('drain', done);
      socket.removeListener('close', done);
      signal.removeEventListener('abort', done);
      resolve();
    };
    raw.once('drain', done);
    socket.once('close', done);
    signal.addEventListener('abort', done, { once: true });
  });
}
