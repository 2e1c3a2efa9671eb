// What the server tells about a stream, and the one thing that is asked of it about somebody else's durable.

import { JetStreamApiError } from '@nats-io/jetstream';
import { SlipwayError } from '@slipway/contracts';
import type { StreamState } from './bus.js';
import type { Connection } from './connection.js';

const DURABLE_NOT_FOUND = 10014;

export async function streamState(connection: Connection, stream: string): Promise<StreamState> {
  return asked(connection, stream, async ({ jsm }) => {
    const { state, config } = await jsm.streams.info(stream);
    const durables: { name: string; waiting: number }[] = [];
    for await (const { name, num_pending, num_ack_pending } of jsm.consumers.list(stream)) {
      durables.push({ name, waiting: num_pending + num_ack_pending });
    }
    return { messages: state.messages, sizeBytes: state.bytes, maxBytes: config.max_bytes, durables };
  });
}

export async function removeDurable(connection: Connection, stream: string, durable: string): Promise<void> {
  await asked(connection, stream, async ({ jsm }) => {
    try {
      await jsm.consumers.delete(stream, durable);
    } catch (error) {
      if (!(error instanceof JetStreamApiError && error.code === DURABLE_NOT_FOUND)) throw error;
    }
  });
}

async function asked<T>(connection: Connection, stream: string, ask: (of: Connection) => Promise<T>): Promise<T> {
  if (!connection.isReady) throw new SlipwayError('transient', 'BusLost', 'NATS is not connected.');
  try {
    return await connection.untilLost(ask(connection));
  } catch (cause) {
    if (cause instanceof SlipwayError) throw cause;
    throw new SlipwayError('transient', 'StreamUnknown', `The stream ${stream} could not be asked about.`, { cause });
  }
}
