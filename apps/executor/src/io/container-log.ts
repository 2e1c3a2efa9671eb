// One container's log on its way from the node to the logs service.
//
//   L1. A line's number follows from the node's log alone, so that sending can go back to any number and go on.
//   L2. Nothing is sent unmasked, and lines that carry results are not sent at all.
//   L3. It is finished only when the logs service says that the end is stored: the bus may lose what it was given. While it
//       goes on, that is found out by looking now and then.

import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  LOGS_RPC,
  logChunkId,
  logSubject,
  type LogChunk,
  type LogLine,
  type LogPositionReply,
  type LogPositionRequest,
} from '@slipway/contracts';
import type { Bus } from '@slipway/bus';
import { outputOf } from '../core/log-results.js';
import type { LineMasker } from '../core/mask.js';

export interface ContainerLogOptions {
  bus: Pick<Bus, 'publish' | 'request' | 'onReconnect'>;
  target: { namespace: string; pod: string; podUid: string; container: string; shard: number };
  /** The node's log from its first line; ends when the container has ended. */
  read: (signal: AbortSignal) => AsyncIterable<LogLine[]>;
  masker: () => LineMasker;
  /** Lines of ours before the container's own. Asked once. */
  preface: () => Promise<LogLine[]>;
  /** Nobody has sent anything of this container yet. */
  isFresh: boolean;
  /** How often to look whether what was sent is stored. */
  lookMs?: number;
  signal: AbortSignal;
}

/** Chunks stay well below the bus's 256 KiB. */
const CHUNK_BYTES = 192 * 1024;
/** Chunks on their way at once: enough to hide the round trip, little enough to hold back a flood. */
const WINDOW = 8;
/** The last lines and the end often come together; waiting this long for the end saves a message. */
const END_GRACE_MS = 2;
/** An id of an earlier process of ours must not hide what we send. */
const INCARNATION = randomUUID().slice(0, 8);
const HELD_LINES = 1000;
/** How long the logs service may be behind what was sent before it is sent again. */
const PATIENCE_MS = 1000;
/** One replica of the logs service may be stopped: another is asked soon. */
const ANSWER_MS = 2000;
const LOOK_MS = 15_000;
const FIRST_CONFIRM_MS = 15;
const LAST_CONFIRM_MS = 2000;

/** Sends a container's log to its end; resolves when the end is stored (L3). Rejects when aborted. */
export async function shipContainerLog(options: ContainerLogOptions): Promise<void> {
  const log = new ContainerLog(options);
  const forget = options.bus.onReconnect(() => log.doubt());
  const looking = setInterval(() => log.look(), options.lookMs ?? LOOK_MS).unref();
  try {
    await log.run();
  } finally {
    clearInterval(looking);
    forget();
  }
}

class ContainerLog {
  /** Number of the next line to be sent. */
  #sent = 0;
  /** Number of the first line that was not stored when the logs service was last asked. */
  #stored = 0;
  #isEndSent = false;
  #isDoubting = false;
  #attempt = 0;
  #rewind: AbortController | undefined;
  #preface: Promise<LogLine[]> | undefined;

  constructor(private readonly options: ContainerLogOptions) {}

  async run(): Promise<void> {
    let from = 0;
    if (!this.options.isFresh) {
      const position = await this.#position();
      if (position.ended) return;
      from = position.next;
    }
    for (;;) {
      this.options.signal.throwIfAborted();
      this.#attempt++;
      this.#rewind = new AbortController();
      const back = await this.#sendFrom(from, this.#rewind.signal).then(
        () => this.#confirm(),
        (thrown: unknown) => {
          this.options.signal.throwIfAborted();
          if (!this.#rewind!.signal.aborted) throw thrown;
          return this.#position().then(({ next, ended }) => (ended ? undefined : next));
        },
      );
      if (back === undefined) return;
      from = back;
    }
  }

  /** Doubts what was sent as long as nobody has said that it is stored. */
  look(): void {
    if (this.#sent > this.#stored) this.doubt();
  }

  /** What the bus was given may be gone: it was away, or had nobody to keep it for. */
  doubt(): void {
    const rewind = this.#rewind;
    if (this.#isEndSent || rewind === undefined || this.#isDoubting) return; // the confirmation finds out
    this.#isDoubting = true;
    void this.#isBehind()
      .then(
        (behind) => behind && rewind.abort(),
        () => undefined,
      )
      .finally(() => (this.#isDoubting = false));
  }

  async #sendFrom(from: number, rewind: AbortSignal): Promise<void> {
    const signal = AbortSignal.any([this.options.signal, rewind]);
    this.#isEndSent = false;
    this.#sent = from;
    const window: Promise<void>[] = [];
    const send = async (lines: LogLine[], isEnd: boolean): Promise<void> => {
      for (const chunk of chunksOf(lines, isEnd)) {
        if (window.length >= WINDOW) await window.shift();
        const published = this.#publish(chunk.lines, chunk.isEnd, signal);
        published.catch(() => undefined); // heard below; but while we wait for the next line, nobody does
        window.push(published);
      }
    };
    let skip = from;
    const unsent = (lines: LogLine[]): LogLine[] => {
      const skipped = Math.min(skip, lines.length);
      skip -= skipped;
      return lines.slice(skipped);
    };
    for await (const { lines, isEnd } of withEnd(this.#lines(signal))) await send(unsent(lines), isEnd);
    await Promise.all(window);
    this.#isEndSent = true;
  }

  /** The lines as users see them, from the first (L1). */
  async *#lines(signal: AbortSignal): AsyncIterable<LogLine[]> {
    const preface = await (this.#preface ??= this.options.preface());
    if (preface.length > 0) yield preface;
    const masker = this.options.masker();
    for await (const lines of this.options.read(signal)) {
      yield masker.push(lines.flatMap(outputOf)); // L2
    }
    signal.throwIfAborted();
    yield masker.flush();
  }

  async #publish(lines: LogLine[], isEnd: boolean, signal: AbortSignal): Promise<void> {
    const { namespace, pod, podUid, container, shard } = this.options.target;
    const chunk: LogChunk = {
      namespace,
      pod,
      podUid,
      container,
      first: this.#sent,
      lines,
      ...(isEnd ? { end: true } : {}),
    };
    this.#sent += lines.length;
    const subject = logSubject(shard, namespace, podUid, container);
    await this.options.bus.publish(subject, chunk, {
      id: logChunkId(chunk, `${INCARNATION}.${this.#attempt}`),
      signal,
    });
  }

  /** Waits until the end is stored; otherwise the number to go back to. */
  async #confirm(): Promise<number | undefined> {
    let delayMs = FIRST_CONFIRM_MS;
    let stuck: { next: number; sinceMs: number } | undefined;
    for (;;) {
      await sleep(delayMs, undefined, { signal: this.options.signal, ref: false });
      const { next, ended } = await this.#position();
      if (ended) return undefined;
      if (stuck?.next !== next) stuck = { next, sinceMs: performance.now() };
      else if (performance.now() - stuck.sinceMs >= PATIENCE_MS) return next;
      delayMs = Math.min(delayMs * 2, LAST_CONFIRM_MS);
    }
  }

  async #isBehind(): Promise<boolean> {
    const sent = this.#sent;
    const first = await this.#position();
    if (first.next >= sent) return false;
    await sleep(PATIENCE_MS, undefined, { signal: this.options.signal, ref: false });
    const second = await this.#position();
    return second.next < sent && second.next === first.next;
  }

  /** Asks until the logs service answers: nothing of a log may be forgotten while it is away. */
  async #position(): Promise<LogPositionReply> {
    const { namespace, podUid, container } = this.options.target;
    const request: LogPositionRequest = { namespace, podUid, container };
    for (let delayMs = 50; ; delayMs = Math.min(delayMs * 2, LAST_CONFIRM_MS)) {
      try {
        const { bus } = this.options;
        const position = await bus.request<LogPositionReply>(LOGS_RPC.position, request, { timeoutMs: ANSWER_MS });
        this.#stored = position.next;
        return position;
      } catch {
        await sleep(delayMs, undefined, { signal: this.options.signal, ref: false });
      }
    }
  }
}

/** Batches, the last of them marked: it waits a moment for the end, which mostly comes with it. */
async function* withEnd(batches: AsyncIterable<LogLine[]>): AsyncIterable<{ lines: LogLine[]; isEnd: boolean }> {
  const iterator = batches[Symbol.asyncIterator]() as AsyncIterator<LogLine[], undefined>;
  try {
    let held: LogLine[] = [];
    for (;;) {
      const next = iterator.next();
      if (held.length > 0) {
        const isLate = await Promise.race([next.then(() => false), sleep(END_GRACE_MS, true)]);
        if (isLate) {
          yield { lines: held, isEnd: false };
          held = [];
        }
      }
      const result = await next;
      if (result.done === true) {
        yield { lines: held, isEnd: true };
        return;
      }
      if (held.length + result.value.length > HELD_LINES) {
        yield { lines: held, isEnd: false };
        held = [];
      }
      held = held.length === 0 ? result.value : held.concat(result.value);
    }
  } finally {
    await iterator.return?.();
  }
}

function* chunksOf(lines: readonly LogLine[], isEnd: boolean): Iterable<{ lines: LogLine[]; isEnd: boolean }> {
  let chunk: LogLine[] = [];
  let bytes = 0;
  for (const line of lines) {
    const size = Buffer.byteLength(JSON.stringify(line)) + 1;
    if (chunk.length > 0 && bytes + size > CHUNK_BYTES) {
      yield { lines: chunk, isEnd: false };
      chunk = [];
      bytes = 0;
    }
    chunk.push(line);
    bytes += size;
  }
  if (chunk.length > 0 || isEnd) yield { lines: chunk, isEnd };
}
