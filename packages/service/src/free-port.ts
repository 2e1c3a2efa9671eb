import { randomInt } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';

/**
 * Below it begin the ports that the kernel gives to outgoing connections, and to those who listen on port 0. With a range
 * that leaves hardly any others, as some machines are set, we draw from it all the same.
 */
const LEAST_HIGHEST = 12_000;
const LOWEST = 10_000;

/** Perhaps nobody listens there yet, or it is looked at right now; the next who asks must not get one of them again. */
const given = new Set<number>();

/**
 * A port of 127.0.0.1 for a program that cannot let the kernel choose, or that must find it again after a restart.
 *
 * Nobody uses it now, and nobody gets it by chance before the program listens, or while it is down: it is none of those that
 * the kernel gives away, and of the others it is any.
 */
export async function freePort(): Promise<number> {
  const range = await readFile('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').catch(() => '32768');
  const end = Math.max(LEAST_HIGHEST, Number.parseInt(range, 10));
  for (;;) {
    const port = randomInt(LOWEST, end);
    if (given.has(port)) continue;
    given.add(port);
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const isFree = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => resolve(true));
  });
  if (isFree) await new Promise((resolve) => server.close(resolve));
  return isFree;
}
