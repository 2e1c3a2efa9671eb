import type { JsMsg } from '@nats-io/jetstream';
import type { BusMessage } from './bus.js';
import { decodePayload } from './packet.js';

/** A JetStream message in the bus's words. */
export function messageOf(message: JsMsg): BusMessage {
  const { subject, data, info } = message;
  return {
    subject,
    data,
    sequence: info.streamSequence,
    timeMs: Math.floor(info.timestampNanos / 1_000_000),
    delivery: info.deliveryCount,
    json: <T>() => decodePayload(subject, data) as T,
  };
}
