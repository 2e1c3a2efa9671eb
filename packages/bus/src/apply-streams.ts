import {
  DiscardPolicy,
  JetStreamApiError,
  RetentionPolicy,
  StorageType,
  type JetStreamManager,
  type StreamConfig,
} from '@nats-io/jetstream';
import { DUPLICATE_WINDOW_MS, type StreamSpec } from './streams.js';

const STREAM_NOT_FOUND = 10059;
const NAME_IN_USE = 10058;
const NANOS = 1_000_000;

/** Makes the server's streams what the specs say. Safe to run by many processes at once, any number of times. */
export async function applyStreams(jsm: JetStreamManager, specs: readonly StreamSpec[]): Promise<void> {
  for (const spec of specs) await applyStream(jsm, spec);
}

async function applyStream(jsm: JetStreamManager, spec: StreamSpec): Promise<void> {
  const wanted = configOf(spec);
  const existing = await configIn(jsm, spec.name);
  if (existing === undefined) {
    try {
      await jsm.streams.add(wanted);
      return;
    } catch (error) {
      // Another process was first, perhaps with an older idea of the stream: update below.
      if (!(error instanceof JetStreamApiError) || error.code !== NAME_IN_USE) throw error;
    }
  } else if (isSame(existing, wanted)) return;
  await jsm.streams.update(spec.name, wanted);
}

async function configIn(jsm: JetStreamManager, name: string): Promise<StreamConfig | undefined> {
  try {
    return (await jsm.streams.info(name)).config;
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === STREAM_NOT_FOUND) return undefined;
    throw error;
  }
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
>;

function configOf(spec: StreamSpec): Applied {
  return {
    name: spec.name,
    description: spec.purpose,
    subjects: [...spec.subjects],
    retention: spec.retention === 'workqueue' ? RetentionPolicy.Workqueue : RetentionPolicy.Limits,
    storage: StorageType.File,
    discard: spec.whenFull === 'refuse' ? DiscardPolicy.New : DiscardPolicy.Old,
    max_bytes: spec.maxBytes,
    max_age: spec.maxAgeMs * NANOS,
    duplicate_window: DUPLICATE_WINDOW_MS * NANOS,
  };
}

function isSame(existing: StreamConfig, wanted: Applied): boolean {
  return Object.entries(wanted).every(
    ([key, value]) => JSON.stringify(existing[key as keyof StreamConfig]) === JSON.stringify(value),
  );
}
