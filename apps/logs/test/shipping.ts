// What tests of the running service share: its process, a shipper and a reader, as the contract has them.

import { spawn, type ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bus } from '@slipway/bus';
import {
  LOGS_RPC,
  SlipwayError,
  logChunkId,
  logSubject,
  type LogChunk,
  type LogLine,
  type LogPositionReply,
  type ReadLogReply,
} from '@slipway/contracts';

/** A replica may be stopped: another is asked soon. */
const ANSWER_MS = 3000;

/** The service as a process of its own, so that it can be killed. */
export class LogsProcess {
  #child: ChildProcess | undefined;
  #errors = '';

  constructor(
    /** What node is given. */
    private readonly args: readonly string[],
    private readonly env: Record<string, string> = {},
  ) {}

  start(): void {
    this.#child = spawn(process.execPath, this.args, {
      env: { PATH: process.env['PATH'], ...this.env },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#child.stderr!.on('data', (bytes: Buffer) => {
      this.#errors += bytes.toString();
    });
  }

  /** SIGSTOP and SIGCONT: it stays, and does nothing, until it goes on. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child?.kill(signal);
  }

  async end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child;
    if (child === undefined) return null;
    this.#child = undefined;
    const ended = new Promise<number | null>((settle) => child.once('exit', settle));
    child.kill(signal);
    return ended;
  }

  get errors(): string {
    return this.#errors;
  }
}

/** Ships as the contract of `logs.position` says: asks where to go on at the start, after reconnects and at the end. */
export class Shipper {
  #attempt = 0;
  #sent = 0;

  constructor(
    private readonly bus: Bus,
    private readonly key: { namespace: string; podUid: string; container: string },
    private readonly lines: LogLine[],
  ) {}

  /** `hold`: the second half of the lines waits for it. */
  async ship(chunkLines: number, hold?: Promise<unknown>): Promise<void> {
    let isLost = true;
    const forget = this.bus.onReconnect(() => {
      isLost = true;
    });
    for (;;) {
      if (isLost) {
        isLost = false;
        await this.#goBack();
      }
      if (this.#sent >= this.lines.length / 2) await hold;
      if (this.#sent < this.lines.length) {
        await this.#send(this.#sent, chunkLines);
        await sleep(1); // so that it lasts longer than the disasters
        continue;
      }
      await this.#send(this.lines.length, 0);
      const { next, ended } = await this.#position();
      if (ended) break;
      if (next < this.#sent) isLost = true;
      await sleep(200);
    }
    forget();
  }

  async #goBack(): Promise<void> {
    this.#attempt++;
    this.#sent = (await this.#position()).next;
  }

  async #send(first: number, count: number): Promise<void> {
    const lines = this.lines.slice(first, first + count);
    const isEnd = first + lines.length === this.lines.length;
    const chunk: LogChunk = { ...this.key, pod: 'p', first, lines, ...(isEnd ? { end: true } : {}) };
    const { namespace, podUid, container } = this.key;
    await this.bus.publish(logSubject(1, namespace, podUid, container), chunk, {
      id: logChunkId(chunk, String(this.#attempt)),
    });
    this.#sent = first + lines.length;
  }

  #position(): Promise<LogPositionReply> {
    return retried(() => this.bus.request<LogPositionReply>(LOGS_RPC.position, this.key, { timeoutMs: ANSWER_MS }));
  }
}

/** Follows from the start to the end, whatever happens on the way. */
export async function readAll(bus: Bus, key: object): Promise<string[]> {
  const texts: string[] = [];
  for (let from = 0; ;) {
    const request = { ...key, from, waitMs: 1000, maxLines: 100 };
    const reply = await retried(() => bus.request<ReadLogReply>(LOGS_RPC.read, request, { timeoutMs: ANSWER_MS }));
    texts.push(...reply.lines.map(({ text }) => text));
    from = reply.next;
    if (reply.end) return texts;
  }
}

export async function retried<T>(act: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof SlipwayError) || error.kind !== 'transient') throw error;
      await sleep(20);
    }
  }
}

export function madeLines(pod: number, count: number): LogLine[] {
  return Array.from({ length: count }, (_, i) => ({
    time: new Date(Date.UTC(2026, 0, 1) + i).toISOString(),
    stream: 'stdout',
    text: `pod ${pod} line ${i} ${'x'.repeat(60)}`,
  }));
}
