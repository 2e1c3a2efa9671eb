// Answers the other replicas, from this one's disk.

import type { Bus, RpcHandler, Subscription } from '@slipway/bus';
import {
  logsPeerRpc,
  type CopyLogRequest,
  type ListLogsRequest,
  type LogPositionRequest,
  type LogsPeerQuestion,
  type ReadLogRequest,
} from '@slipway/contracts';
import type { LogReader } from './log-reader.js';
import type { LogStore } from './log-store.js';

/** Small enough that a page of a list is there in time. */
const LIST_BYTES = 64 * 1024;

export interface PeerServerPorts {
  bus: Pick<Bus, 'serve'>;
  store: LogStore;
  reader: LogReader;
  instance: string;
  /** Of one answer, as JSON. */
  maxBytes: number;
}

export class PeerServer {
  #subscriptions: Subscription[] = [];

  constructor(private readonly ports: PeerServerPorts) {}

  async start(): Promise<void> {
    const { bus, store, reader, instance, maxBytes } = this.ports;
    const handlers: Record<LogsPeerQuestion, RpcHandler> = {
      list: (request) => store.list(request as ListLogsRequest, LIST_BYTES),
      copy: (request) => store.copy(request as CopyLogRequest, (request as CopyLogRequest).from, maxBytes),
      read: (request) => reader.readHere(request as ReadLogRequest),
      position: (request) => reader.positionHere(request as LogPositionRequest),
    };
    const subjects = logsPeerRpc(instance);
    for (const question of Object.keys(handlers) as LogsPeerQuestion[]) {
      this.#subscriptions.push(await bus.serve(subjects[question], instance, handlers[question]));
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.#subscriptions.map((subscription) => subscription.stop()));
  }
}
