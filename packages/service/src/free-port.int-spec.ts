import { readFileSync } from 'node:fs';
import { freePort } from './free-port.js';

test('a free port is given once, and is none that the kernel gives to others', async () => {
  const [lowest = 0, highest = 0] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8')
    .split(/\s+/)
    .map(Number);
  const ports = await Promise.all(Array.from({ length: 50 }, () => freePort()));
  expect(new Set(ports).size).toBe(50);
  if (lowest >= 12_000) expect(ports.filter((port) => port >= lowest && port <= highest)).toEqual([]);
});
