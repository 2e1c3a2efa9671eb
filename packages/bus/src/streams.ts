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
  /** `limits`: kept until a limit is reached. `workqueue`: kept until its one consumer has acknowledged it. */
  retention: 'limits' | 'workqueue';
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
    revision: 1,
    subjects: ['log.>'],
    purpose: 'Lines of containers on their way from the executor to the logs service.',
    retention: 'workqueue',
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

/** A durable consumer: one per concern, never one per run, tenant or client. */
export interface ConsumerSpec {
  durable: string;
  stream: string;
  /** Only messages of these subjects; absent: all of the stream. */
  filter?: string;
  /** The service whose replicas share it. */
  service: string;
  purpose: string;
}

export const LOGS_CONSUMER: ConsumerSpec = {
  durable: 'logs',
  stream: LOGS,
  service: 'logs',
  purpose: 'Writes the lines to disk.',
};

export const POD_DELETIONS_CONSUMER = {
  durable: 'logs-pods',
  stream: CHANGES,
  filter: changesOf(PODS),
  service: 'logs',
  purpose: 'Forgets the lines of a pod that is deleted.',
} satisfies ConsumerSpec;

/** All of them. What follows a stream without acknowledgements needs none. */
export const CONSUMERS: readonly ConsumerSpec[] = [LOGS_CONSUMER, POD_DELETIONS_CONSUMER];
