// Brings this replica to what the others have stored.
//
//   M1. This replica's durable is made before another is asked what it has: what that one stores from then on comes over
//       the stream too, and what it had not stored yet is still in the stream. Nothing falls between.
//   M2. Every step goes on from what is stored here, whoever brought it: it may end anywhere and be done again.

import { setTimeout as sleep } from 'node:timers/promises';
import { LOGS, type Bus, type BusLogger } from '@slipway/bus';
import { SlipwayError, type CopyLogReply, type ListLogsReply, type ListLogsRequest } from '@slipway/contracts';
import { parseRecord, type LogRecord } from '../core/record.js';
import { differing, laggards } from '../core/replicas.js';
import type { ContainerKey } from './log-paths.js';
import type { LogStore } from './log-store.js';
import type { Peers } from './peers.js';

const LOOK_MS = 5000;
/** A page of many small files takes its time. */
const LIST_MS = 3000;
/** Containers copied at once: little enough to leave the other replica its own work. */
const LANES = 4;

export interface MirrorPorts {
  bus: Pick<Bus, 'streamState' | 'removeDurable'>;
  store: LogStore;
  peers: Peers;
  instance: string;
  logger: Pick<BusLogger, 'info' | 'warn'>;
  /** How often to look at the stream. */
  lookMs?: number;
}

export class Mirror {
  readonly #end = new AbortController();
  #looking: Promise<void> | undefined;
  #wake = new AbortController();
  #filling: Promise<void> | undefined;
  readonly #filledFrom = new Set<string>();
  /** Counts the doubts: what was compared before the last one does not count. */
  #doubts = 0;
  #isFilled = false;
  readonly #catchingUp = new Map<string, Promise<void>>();

  constructor(private readonly ports: MirrorPorts) {}

  /** Everything that the others had, as far as they can be asked, is here. */
  get isFilled(): boolean {
    return this.#isFilled;
  }

  /** To be called when the durable is made (M1). */
  start(): void {
    this.#looking ??= this.#look();
  }

  async stop(): Promise<void> {
    this.#end.abort();
    this.#wake.abort();
    await Promise.all([this.#looking, this.#filling]);
  }

  /** Messages may have passed this replica by: everything is compared with the others again. */
  doubt(): void {
    this.#doubts++;
    this.#isFilled = false;
    this.#filledFrom.clear();
    this.#wake.abort();
  }

  /** Copies what the others have of a container and is not here. Calls at the same time share one copying. */
  catchUp(key: ContainerKey): Promise<void> {
    const id = JSON.stringify([key.namespace, key.podUid, key.container]);
    const running = this.#catchingUp.get(id);
    if (running !== undefined) return running;
    const catchingUp = this.#catchUp(key).finally(() => this.#catchingUp.delete(id));
    this.#catchingUp.set(id, catchingUp);
    return catchingUp;
  }

  async #catchUp({ namespace, podUid, container }: ContainerKey): Promise<void> {
    for (const peer of this.ports.peers.names) await this.#copy(peer, { namespace, podUid, container });
  }

  async #look(): Promise<void> {
    const { bus, peers, instance, logger, lookMs = LOOK_MS } = this.ports;
    const { signal } = this.#end;
    while (!signal.aborted) {
      this.#wake = new AbortController();
      try {
        const state = await bus.streamState(LOGS);
        peers.see(state);
        for (const name of laggards(state, instance)) {
          logger.warn(
            { replica: name },
            'a replica of the logs service is far behind: the stream keeps nothing for it',
          );
          await bus.removeDurable(LOGS, name);
        }
        this.#filling ??= this.#fill().finally(() => (this.#filling = undefined));
      } catch (error) {
        if (!(error instanceof SlipwayError && error.kind === 'transient')) {
          logger.warn({ err: error }, 'the other replicas of the logs service are not known; trying on');
        }
      }
      const wake = AbortSignal.any([signal, this.#wake.signal]);
      await sleep(lookMs, undefined, { signal: wake, ref: false }).catch(() => undefined);
    }
  }

  async #fill(): Promise<void> {
    const doubts = this.#doubts;
    for (const peer of this.ports.peers.names) {
      if (this.#filledFrom.has(peer)) continue;
      const isWhole = await this.#fillFrom(peer).catch((error: unknown) => {
        this.ports.logger.warn({ err: error, peer }, 'what another replica has cannot be stored yet; trying on');
        return false;
      });
      if (doubts !== this.#doubts || this.#end.signal.aborted) return;
      if (isWhole) this.#filledFrom.add(peer);
    }
    this.#isFilled = true;
  }

  /** False when the peer does not answer to the end. */
  async #fillFrom(peer: string): Promise<boolean> {
    const { store, peers, logger } = this.ports;
    let containers = 0;
    for (let request: ListLogsRequest = {}; ;) {
      const page = await peers.ask<ListLogsReply>(peer, 'list', request, LIST_MS);
      if (page === undefined) return false;
      const missing: ContainerKey[] = [];
      for (const pod of page.pods) {
        const mine = await store.sizes(pod);
        if (mine === undefined) continue; // removed here: the other one hears of it too
        const { namespace, podUid } = pod;
        missing.push(...differing(pod, mine).map((container) => ({ namespace, podUid, container })));
      }
      if (!(await this.#copyAll(peer, missing))) return false;
      containers += missing.length;
      const last = page.pods.at(-1);
      if (page.end || last === undefined) break;
      request = { after: { namespace: last.namespace, podUid: last.podUid } };
    }
    if (containers > 0) logger.info({ peer, containers }, 'logs that another replica had were looked through');
    return true;
  }

  /** False when the peer does not answer. */
  async #copyAll(peer: string, keys: readonly ContainerKey[]): Promise<boolean> {
    const left = keys.values();
    const lanes = Array.from({ length: LANES }, async () => {
      for (const key of left) if (!(await this.#copy(peer, key))) return false;
      return true;
    });
    return (await Promise.all(lanes)).every((isWhole) => isWhole);
  }

  /** M2. False when the peer does not answer. */
  async #copy(peer: string, key: ContainerKey): Promise<boolean> {
    const { store, peers } = this.ports;
    while (!this.#end.signal.aborted) {
      const { next, ended } = await store.position(key);
      if (ended) return true;
      const reply = await peers.ask<CopyLogReply>(peer, 'copy', { ...key, from: next });
      if (reply === undefined) return false;
      if (reply.records.length === 0) return true;
      await store.appendCopied(key, reply.first, reply.records.map(recordOf));
      const after = await store.position(key);
      if (after.next === next && !after.ended) return true; // nothing of it was new: do not turn in circles
    }
    return false;
  }
}

function recordOf(text: string): LogRecord {
  const record = parseRecord(text);
  if (record !== undefined) return record;
  throw new SlipwayError('internal', 'BadRecord', 'Another replica sent a log line that cannot be read.');
}
