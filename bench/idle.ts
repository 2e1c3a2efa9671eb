// What an idle platform costs: memory and processor time of its processes, from /proc.

import { readFileSync, readdirSync } from 'node:fs';
import type { Row } from './measure.js';

const WATCH_MS = 10_000;
const TICKS_A_SECOND = 100;

/** @param pid the platform's process; its children (nats-server) count too */
export async function idle(pid: number): Promise<Row> {
  await new Promise((resolve) => setTimeout(resolve, 3000));
  const before = cpuTicks(family(pid));
  await new Promise((resolve) => setTimeout(resolve, WATCH_MS));
  const pids = family(pid);
  const cpu = (cpuTicks(pids) - before) / TICKS_A_SECOND / (WATCH_MS / 1000);
  const megabytes = pids.reduce((sum, one) => sum + residentBytes(one), 0) / 2 ** 20;
  return {
    what: 'all services idle in one process, nats-server included',
    bar: '≤ 250 MB RSS, ≤ 0.1 CPU',
    measured: `${megabytes.toFixed(0)} MiB, ${cpu.toFixed(3)} CPU`,
    reached: megabytes <= 250 && cpu <= 0.1,
    how: `VmRSS of the process and its children after ${WATCH_MS / 1000} s without a run; processor time over these seconds`,
  };
}

function family(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const entry of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const stat = read(`/proc/${entry}/stat`);
    const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    parents.set(Number(entry), parent);
  }
  const members = [pid];
  for (const member of members) for (const [child, parent] of parents) if (parent === member) members.push(child);
  return members;
}

function cpuTicks(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    const stat = read(`/proc/${pid}/stat`);
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return sum + Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
  }, 0);
}

function residentBytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0) * 1024;
}

/** Empty when the process ended meanwhile. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
