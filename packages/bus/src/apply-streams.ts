import {
  DiscardPolicy,
  JetStreamApiError,
  RetentionPolicy,
  StorageType,
  type JetStreamManager,
  type StreamConfig,
} from '@nats-io/jetstream';
import { DUPLICATE_WINDOW_MS, type StreamSpec } from './streams.js';

const NAME_IN_USE = 10058;
const NANOS = 1_000_000;

export interface StreamSettings {
  /** Servers that keep each message: more than one only in a cluster of at least as many. */
  replicas: number;
  /** Whether streams that are there and differ are changed, which takes a right that not every user has. */
  mayChange: boolean;
}

/**
 * Makes the server's streams what the specs say, or leaves them as a newer release has made them. Safe to run by many
 * processes at once, any number of times.
 */
export async function applyStreams(
  jsm: JetStreamManager,
  specs: readonly StreamSpec[],
  settings: StreamSettings,
): Promise<void> {
  for (const spec of specs) await applyStream(jsm, spec, settings);
}

/**
 * Adds first and asks nothing: adding what is there already, and the same, changes nothing. Asking whether it is there
 * gets no answer at all from nats-server 2.9 while another process is adding it (3 of 1,800 times).
 */
async function applyStream(jsm: JetStreamManager, spec: StreamSpec, settings: StreamSettings): Promise<void> {
  const wanted = configOf(spec, settings.replicas);
  try {
    await jsm.streams.add(wanted);
  } catch (error) {
    if (!(error instanceof JetStreamApiError) || error.code !== NAME_IN_USE) throw error;
    if (!settings.mayChange) return;
    const { config } = await jsm.streams.info(spec.name); // it is there, but another
    if (revisionOf(config.description) > spec.revision) return; // a newer release's, which runs beside this one
    if (config.retention === wanted.retention) return void (await jsm.streams.update(spec.name, wanted));
    // No server changes the retention. Nothing rests on a stream alone: what is lost with it, its publisher sends again.
    await jsm.streams.delete(spec.name);
    await jsm.streams.add(wanted);
  }
}

/** In the description, because nats-server keeps metadata of a stream since 2.10 only. */
const REVISION = /\(revision (\d+)\)$/;

/** The first revision says nothing: releases from before revisions made the same streams. */
function describe({ purpose, revision }: StreamSpec): string {
  return revision === 1 ? purpose : `${purpose} (revision ${revision})`;
}

function revisionOf(description = ''): number {
  return Number(REVISION.exec(description)?.[1] ?? 1);
}

type Applied = Pick<
  StreamConfig,
  | 'name'
  | 'description'
  | 'subjects'
  | 'retention'
  | 'storage'
  | 'discard'
  | 'max_bytes'
  | 'max_age'
  | 'duplicate_window'
  | 'num_replicas'
>;

function configOf(spec: StreamSpec, replicas: number): Applied {
  return {
    name: spec.name,
    description: describe(spec),
    subjects: [...spec.subjects],
    retention: spec.retention === 'interest' ? RetentionPolicy.Interest : RetentionPolicy.Limits,
    storage: StorageType.File,
    discard: spec.whenFull === 'refuse' ? DiscardPolicy.New : DiscardPolicy.Old,
    max_bytes: spec.maxBytes,
    max_age: spec.maxAgeMs * NANOS,
    duplicate_window: DUPLICATE_WINDOW_MS * NANOS,
    num_replicas: replicas,
  };
}
