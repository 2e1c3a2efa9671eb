// What one replica concludes from how the stream stands, and from what another has.

import type { StoredPod } from '@slipway/contracts';

/** How the stream stands: of the bus's `StreamState`, what matters here. */
export interface Backlog {
  messages: number;
  sizeBytes: number;
  maxBytes: number;
  /** One for each replica, under its name. `waiting`: messages that it has not stored yet. */
  durables: readonly { name: string; waiting: number }[];
}

/** The other replicas: everybody else who has a durable on the stream. */
export function peersIn({ durables }: Pick<Backlog, 'durables'>, self: string): string[] {
  return durables.map(({ name }) => name).filter((name) => name !== self);
}

/**
 * Replicas for whose sake the stream fills up: it keeps a message for the slowest, and when it is full nobody can publish.
 * So at half of it those are let go that are far behind the one who looks; they copy what they miss when they are back.
 * Where all are slow nobody is let go: then publishers have to wait.
 */
export function laggards({ sizeBytes, maxBytes, messages, durables }: Backlog, self: string): string[] {
  const own = durables.find(({ name }) => name === self);
  if (own === undefined || sizeBytes * 2 < maxBytes) return [];
  const isFarBehind = (waiting: number): boolean => waiting * 2 > messages && waiting > own.waiting * 4;
  return durables.filter(({ name, waiting }) => name !== self && isFarBehind(waiting)).map(({ name }) => name);
}

/** Containers of a pod of which another replica has something else than is here. Sizes of files, by container. */
export function differing({ containers }: StoredPod, mine: Readonly<Record<string, number>>): string[] {
  return Object.keys(containers).filter((container) => mine[container] !== containers[container]);
}
