// What happens to whom, and when: planned from a seed before the round begins, so that a round can be had again.

import type { ServiceName } from '../../apps/cli/src/platform/layout.js';
import type { Direction } from './network.js';

export type Fault =
  | { kind: 'kill'; replica: string; atMs: number; lastsMs: number }
  /** SIGSTOP, for longer than a lease, then SIGCONT. */
  | { kind: 'pause'; replica: string; atMs: number; lastsMs: number }
  | { kind: 'cut'; replica: string; from: Side; direction: Direction; atMs: number; lastsMs: number }
  | { kind: 'kill-nats'; atMs: number; lastsMs: number };

/** What a replica talks to. */
export type Side = 'nats' | 'postgres' | 'cluster';

/** A lease and two signs of life: nobody who is away for so long may still own something. */
const LONGER_THAN_A_LEASE_MS = 8_500;
const LATEST_MS = 5_000;

/** One to three faults; of one service there is always a replica that is well. */
export function planFaults(copies: Record<ServiceName, number>, random: () => number): Fault[] {
  const services = (Object.keys(copies) as ServiceName[]).filter((service) => copies[service] > 1);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
  const chosen = new Set<ServiceName | 'nats'>();
  const wanted = 1 + Math.floor(random() * 3);
  // The executor has the most to lose, and is hit most often.
  const candidates = [...services, 'executor' as const, 'nats' as const];
  for (let tries = 0; chosen.size < wanted && tries < 20; tries++) chosen.add(pick(candidates));
  return [...chosen].map((victim) => {
    const atMs = Math.floor(random() * LATEST_MS);
    if (victim === 'nats') return { kind: 'kill-nats', atMs, lastsMs: Math.floor(random() * 1_500) };
    const replica = `${victim}-${Math.floor(random() * copies[victim])}`;
    const lastsMs = LONGER_THAN_A_LEASE_MS + Math.floor(random() * 1_500);
    const what = pick(['kill', 'pause', ...sidesOf(victim)] as const);
    if (what === 'kill') return { kind: 'kill', replica, atMs, lastsMs: Math.floor(random() * lastsMs) };
    if (what === 'pause') return { kind: 'pause', replica, atMs, lastsMs };
    return { kind: 'cut', replica, from: what, direction: pick(['out', 'in', 'both'] as const), atMs, lastsMs };
  });
}

function sidesOf(service: ServiceName): readonly Side[] {
  if (service === 'registry') return ['nats', 'postgres'];
  return service === 'executor' ? ['nats', 'cluster'] : ['nats'];
}

export function nameOf(fault: Fault): string {
  if (fault.kind === 'cut') return `cut from ${fault.from}`;
  return fault.kind === 'kill-nats' ? 'kill of nats' : fault.kind;
}

/** As a line of the report: `pause executor-1 at 0.3 s for 9.1 s`. */
export function tellFault(fault: Fault): string {
  const who = fault.kind === 'kill-nats' ? 'nats' : fault.replica;
  const what = fault.kind === 'cut' ? `cut (${fault.direction}) from ${fault.from}` : fault.kind;
  return `${what} ${who} at ${(fault.atMs / 1000).toFixed(1)} s for ${(fault.lastsMs / 1000).toFixed(1)} s`;
}
