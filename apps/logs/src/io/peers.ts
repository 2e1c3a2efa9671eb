// The other replicas: who they are, and what they answer.
//
//   P1. Who takes part is what the stream says: whoever has a durable there. No name is configured, and one that is gone for
//       good goes from the list when the server forgets its durable.
//   P2. One that leaves a question open is not asked again for a while: it may be stopped, and must not hold up the others.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Bus, BusLogger } from '@slipway/bus';
import { SlipwayError, logsPeerRpc, type LogsPeerQuestion } from '@slipway/contracts';
import { peersIn, type Backlog } from '../core/replicas.js';

const ANSWER_MS = 1000;
const SILENT_MS = 10_000;
/** A process that is just stopping still answers for a moment. */
const TWIN_TRIES = 10;
const TWIN_RETRY_MS = 500;

export interface PeersPorts {
  bus: Pick<Bus, 'request'>;
  /** The name of this replica. */
  instance: string;
  logger: Pick<BusLogger, 'warn'>;
  now: () => number;
}

export class Peers {
  #all: readonly string[] = [];
  readonly #silentUntilMs = new Map<string, number>();

  constructor(private readonly ports: PeersPorts) {}

  /** Takes part in what the stream says (P1). */
  see(state: Pick<Backlog, 'durables'>): void {
    this.#all = peersIn(state, this.ports.instance);
  }

  /** Those that may be asked now. */
  get names(): string[] {
    const nowMs = this.ports.now();
    return this.#all.filter((name) => (this.#silentUntilMs.get(name) ?? 0) <= nowMs);
  }

  /** What the peer answers; undefined when it does not. */
  async ask<Reply>(
    peer: string,
    question: LogsPeerQuestion,
    data: unknown,
    timeoutMs = ANSWER_MS,
  ): Promise<Reply | undefined> {
    try {
      return await this.ports.bus.request<Reply>(logsPeerRpc(peer)[question], data, { timeoutMs });
    } catch (error) {
      const isTransient = error instanceof SlipwayError && error.kind === 'transient';
      if (!isTransient) this.ports.logger.warn({ err: error, peer, question }, 'another replica cannot answer');
      if (isTransient && error.reason === 'Timeout') {
        this.#silentUntilMs.set(peer, this.ports.now() + SILENT_MS); // P2
      }
      return undefined;
    }
  }

  /** What all of them answer that do. */
  async askAll<Reply>(question: LogsPeerQuestion, data: unknown): Promise<Reply[]> {
    const replies = await Promise.all(this.names.map((peer) => this.ask<Reply>(peer, question, data)));
    return replies.filter((reply) => reply !== undefined);
  }
}

/** Two processes under one name would share a durable and tear every log in two. Throws `invalid` when there is another. */
export async function requireNoTwin(bus: Pick<Bus, 'request'>, instance: string): Promise<void> {
  const nobody = { namespace: '', podUid: '', container: '' };
  for (let tries = 1; ; tries++) {
    try {
      await bus.request(logsPeerRpc(instance).copy, { ...nobody, from: 0 }, { timeoutMs: ANSWER_MS });
    } catch (error) {
      if (error instanceof SlipwayError && error.kind === 'transient') return;
    }
    if (tries === TWIN_TRIES) break;
    await sleep(TWIN_RETRY_MS);
  }
  throw new SlipwayError('invalid', 'InstanceTaken', `Another logs service runs as "${instance}".`, {
    hint: 'Give each replica an INSTANCE of its own, and keep it over restarts.',
  });
}
