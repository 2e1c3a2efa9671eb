// The words of a request and its answer: those of Nest's NATS transport, so that a Nest client can ask and a Nest
// controller can answer. Errors travel whole, as `WireError`.

import { SlipwayError, fromWireError, type WireError } from '@slipway/contracts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

interface RequestPacket {
  pattern: string;
  data: unknown;
  id: string;
}
type ReplyPacket =
  { response?: unknown; isDisposed: true; id: string } | { err: WireError; isDisposed: true; id: string };

export function encodeRequest(subject: string, data: unknown, id: string): Uint8Array {
  return encoder.encode(JSON.stringify({ pattern: subject, data, id } satisfies RequestPacket));
}

/** Undefined when the bytes are no request. */
export function decodeRequest(bytes: Uint8Array): { data: unknown; id: string } | undefined {
  const packet = parsed(bytes);
  return isRecord(packet) && typeof packet['id'] === 'string' ? { data: packet['data'], id: packet['id'] } : undefined;
}

export function encodeResponse(id: string, response: unknown): Uint8Array {
  return encoder.encode(JSON.stringify({ response, isDisposed: true, id } satisfies ReplyPacket));
}

export function encodeFailure(id: string, err: WireError): Uint8Array {
  return encoder.encode(JSON.stringify({ err, isDisposed: true, id } satisfies ReplyPacket));
}

/** The response, or the other side's SlipwayError thrown. */
export function decodeReply(subject: string, bytes: Uint8Array): unknown {
  const packet = parsed(bytes);
  if (!isRecord(packet)) throw new SlipwayError('internal', 'BadReply', `The answer to ${subject} is not readable.`);
  const err = packet['err'];
  if (err === undefined || err === null) return packet['response'];
  if (isWireError(err)) throw fromWireError(err);
  throw new SlipwayError('internal', 'RemoteError', `${subject} failed on the other side.`, { cause: err });
}

/** A payload as it is published: bytes as they are, everything else as JSON. */
export function encodePayload(payload: unknown): Uint8Array {
  return payload instanceof Uint8Array ? payload : encoder.encode(JSON.stringify(payload));
}

/** A stored payload as JSON. Throws SlipwayError('invalid'). */
export function decodePayload(subject: string, bytes: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(bytes)) as unknown;
  } catch (cause) {
    throw new SlipwayError('invalid', 'UnreadableMessage', `The message on ${subject} is not JSON.`, { cause });
  }
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(bytes)) as unknown;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isWireError(value: unknown): value is WireError {
  return (
    isRecord(value) &&
    typeof value['kind'] === 'string' &&
    typeof value['reason'] === 'string' &&
    typeof value['message'] === 'string'
  );
}
