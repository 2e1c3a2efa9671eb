// Ordered reading of a stream, without acknowledgements.
//
//   F1. Messages are handled one at a time, in the order of the stream, each once.
//   F2. After every interruption reading goes on behind the last message handled; what may be missing is told.
//   F3. A stream that was made anew, or that forgot its end and gave the numbers to others, is noticed: before reading
//       on, the stream's creation time and the time of the last message handled are compared with the server's.

import {
  AckPolicy,
  DeliverPolicy,
  jetstream,
  type ConsumerMessages,
  type JsMsg,
  type StreamInfo,
} from '@nats-io/jetstream';
import type { Broken, FollowOptions, Subscription } from './bus.js';
import type { Connection } from './connection.js';
import { keepReading } from './keep-reading.js';
import { messageOf } from './message.js';

const NANOS = 1_000_000;
const PREFETCH = 1000;
/** The server forgets a reader that is gone for this long. Well above one pull, so that a slow handler keeps it. */
const INACTIVE_MS = 60_000;

export async function follow(connection: Connection, options: FollowOptions): Promise<Subscription> {
  const follower = new Follower(connection, options);
  await follower.start();
  return follower;
}

/** Where a follower stands. */
interface Position {
  created: string;
  next: number;
  /** Sequence and time of the last message handled. */
  last: { sequence: number; timestamp: string } | undefined;
}

interface Opened {
  position: Position;
  messages: ConsumerMessages;
}

class Follower implements Subscription {
  #position: Position | undefined;
  #isStopping = false;
  #stopped: Promise<void> | undefined;
  #ended: Promise<void> = Promise.resolve();
  #endSession: (() => void) | undefined;

  constructor(
    private readonly connection: Connection,
    private readonly options: FollowOptions,
  ) {}

  /** Resolves when the starting point is fixed: what is stored from now on is handled. */
  async start(): Promise<void> {
    const { stream } = this.options;
    const { ended } = await keepReading(this.connection, {
      fields: { stream },
      isStopping: () => this.#isStopping,
      open: () => this.#open(),
      session: (opened) => this.#session(opened),
    });
    this.#ended = ended;
  }

  stop(): Promise<void> {
    return (this.#stopped ??= this.#stop());
  }

  async #stop(): Promise<void> {
    this.#isStopping = true;
    this.#endSession?.();
    await this.#ended;
  }

  async #open(): Promise<Opened> {
    const { stream, filter } = this.options;
    const info = await this.connection.jsm.streams.info(stream);
    const position = await this.#resume(info);
    const consumer = await this.connection.jsm.consumers.add(stream, {
      ack_policy: AckPolicy.None,
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: position.next,
      inactive_threshold: INACTIVE_MS * NANOS,
      mem_storage: true,
      num_replicas: 1,
      ...(filter === undefined ? {} : { filter_subject: filter }),
    });
    const messages = await jetstream(this.connection.nc)
      .consumers.getConsumerFromInfo(consumer)
      .consume({ max_messages: PREFETCH, expires: 30_000, idle_heartbeat: 5_000 });
    return { position, messages };
  }

  /** Where to go on in the stream as it is now; tells when that is not where we stopped (F2, F3). */
  async #resume({ created, state }: StreamInfo): Promise<Position> {
    const known = this.#position;
    const { startAt } = this.options;
    if (known === undefined) {
      const next = startAt === 'new' ? state.last_seq + 1 : Math.max(startAt.sequence, 1);
      const position = { created: String(created), next, last: undefined };
      this.#position = position;
      if (next > state.last_seq + 1) return this.#restart(position, state.last_seq + 1, { kind: 'truncated' });
      return this.#catchUp(position, state.first_seq);
    }
    if (known.created !== String(created)) {
      known.created = String(created);
      return this.#restart(known, 1, { kind: 'recreated' });
    }
    if (known.next > state.last_seq + 1) return this.#restart(known, state.last_seq + 1, { kind: 'truncated' });
    if (known.last !== undefined && known.last.sequence >= state.first_seq) {
      const stored = await this.connection.jsm.streams.getMessage(this.options.stream, { seq: known.last.sequence });
      // Gone means removed by a limit or by hand; another time means another message under the same number.
      if (stored !== null && stored.time.getTime() !== Date.parse(known.last.timestamp)) {
        return this.#restart(known, known.last.sequence, { kind: 'truncated' });
      }
    }
    return this.#catchUp(known, state.first_seq);
  }

  #restart(position: Position, next: number, why: Broken): Position {
    position.next = next;
    position.last = undefined;
    this.options.onBroken(why);
    return position;
  }

  #catchUp(position: Position, firstSequence: number): Position {
    if (position.next < firstSequence) {
      const count = firstSequence - position.next;
      // From 1 on asks for everything there is, not for what a limit has removed long ago.
      const isMissed = position.last !== undefined || position.next > 1;
      position.next = firstSequence;
      if (isMissed) this.options.onBroken({ kind: 'missed', count });
    }
    return position;
  }

  /** Ends when the connection is lost, a delivery is missing, the consumer is gone, or the follower stops. */
  async #session({ position, messages }: Opened): Promise<void> {
    const end = (): void => messages.stop();
    this.#endSession = end;
    if (this.#isStopping) end();
    const { life } = this.connection;
    const forget = this.connection.onLost(end);
    if (life !== this.connection.life) end();
    void (async () => {
      for await (const status of messages.status()) {
        if (status.type === 'consumer_deleted' || status.type === 'consumer_not_found') end();
        if (status.type === 'stream_not_found' || status.type === 'no_responders') end();
      }
    })();
    let expected = 1;
    try {
      for await (const native of messages) {
        if (this.#isStopping || life !== this.connection.life) break;
        if (native.info.deliverySequence !== expected) break; // a delivery was lost on the way: read again from `next`
        expected++;
        if (native.info.streamSequence < position.next) continue; // F1
        await this.#handle(native);
        position.next = native.info.streamSequence + 1;
        position.last = { sequence: native.info.streamSequence, timestamp: timestampOf(native) };
      }
    } finally {
      forget();
      this.#endSession = undefined;
      messages.stop();
    }
  }

  async #handle(native: JsMsg): Promise<void> {
    const message = messageOf(native);
    try {
      const handled = this.options.handle(message);
      if (handled !== undefined) await handled;
    } catch (cause) {
      this.options.onBroken({ kind: 'unreadable', sequence: message.sequence, subject: message.subject, cause });
    }
  }
}

/** Milliseconds are enough to tell two messages of one number apart: a server needs longer than one to restart. */
function timestampOf(native: JsMsg): string {
  return new Date(Math.floor(native.info.timestampNanos / NANOS)).toISOString();
}
