// The streams and their durable consumers, as data. `docs/subjects.md` shows them; a test holds the two together.

import { PODS, changesOf } from '@slipway/contracts';

export interface StreamSpec {
  name: string;
  /**
   * Goes up with every change of this spec. While two releases run at once, the stream stays what the newer one made it
   * (docs/adr/0031-upgrades.md).
   */
  revision: number;
  subjects: readonly string[];
  purpose: string;
  /**
   * `limits`: kept until a limit is reached. `interest`: kept until every durable has acknowledged it, and not at all while
   * there is none. A server changes it for no stream: one of an older release is deleted and made anew.
   */
  retention: 'limits' | 'interest';
  /** When `maxBytes` is reached: drop the oldest, or refuse new ones (publishers wait). */
  whenFull: 'drop-oldest' | 'refuse';
  /** The server sets this much of its disk aside: the sum must fit a small machine. */
  maxBytes: number;
  /** Milliseconds; 0 means no limit. */
  maxAgeMs: number;
}

const HOUR_MS = 3_600_000;
const MIB = 1024 * 1024;

/** Repeats of a message id within this time are one message. */
export const DUPLICATE_WINDOW_MS = 120_000;

export const CHANGES = 'CHANGES';
export const LOGS = 'LOGS';
export const DEAD = 'DEAD';

export const STREAMS: readonly StreamSpec[] = [
  {
    name: CHANGES,
    revision: 1,
    subjects: ['change.>'],
    purpose: 'Every change of every stored object, in the order of the commits of its shard.',
    retention: 'limits',
    // A follower that fell so far behind lists again; blocking the registry's relay for it would stop everybody.
    whenFull: 'drop-oldest',
    maxBytes: 512 * MIB,
    maxAgeMs: HOUR_MS,
  },
  {
    name: LOGS,
    revision: 2, // was a work queue
    subjects: ['log.>'],
    purpose: 'Lines of containers on their way from the executor to the logs service.',
    // Every replica of the logs service stores all of it.
    retention: 'interest',
    // Dropping would lose lines; a publisher that waits keeps them in the pod's files.
    whenFull: 'refuse',
    maxBytes: 1024 * MIB,
    maxAgeMs: 0,
  },
  {
    name: DEAD,
    revision: 1,
    subjects: ['dead.>'],
    purpose: 'Messages that no handler could take, with the reason in the header `Slipway-Reason`.',
    retention: 'limits',
    whenFull: 'drop-oldest',
    maxBytes: 64 * MIB,
    maxAgeMs: 14 * 24 * HOUR_MS,
  },
];

/** A durable consumer: one per concern, and where each replica keeps its own, one per replica. */
export interface ConsumerSpec {
  durable: string;
  stream: string;
  /** Only messages of these subjects; absent: all of the stream. */
  filter?: string;
  /** Absent: never. */
  forgottenAfterMs?: number;
  service: string;
  purpose: string;
}

/** Long enough for a night without a replica, short enough that one that never comes back holds no disk for ever. */
const REPLICA_FORGOTTEN_MS = 12 * HOUR_MS;

/** The replica's own: each stores all lines. `instance` is letters, digits, `-` and `_`. */
export function logsConsumer(instance: string): ConsumerSpec {
  return {
    durable: instance,
    stream: LOGS,
    forgottenAfterMs: REPLICA_FORGOTTEN_MS,
    service: 'logs',
    purpose: 'Writes the lines to disk.',
  };
}

export function podDeletionsConsumer(instance: string): ConsumerSpec & { filter: string } {
  return {
    durable: `${instance}-pods`,
    stream: CHANGES,
    filter: changesOf(PODS),
    forgottenAfterMs: REPLICA_FORGOTTEN_MS,
    service: 'logs',
    purpose: 'Forgets the lines of a pod that is deleted.',
  };
}

/** All of them, of an instance. What follows a stream without acknowledgements needs none. */
export const CONSUMERS: readonly ((instance: string) => ConsumerSpec)[] = [logsConsumer, podDeletionsConsumer];
