import { Module, type DynamicModule } from '@nestjs/common';
import type { Bus } from '@slipway/bus';
import type { Logger } from '@slipway/service';
import { busStore } from '@slipway/store';
import { LogReader } from './io/log-reader.js';
import type { LogStore } from './io/log-store.js';
import { LogConsumer } from './io/log.consumer.js';
import { Mirror } from './io/mirror.js';
import { PeerServer } from './io/peer-server.js';
import { Peers } from './io/peers.js';
import { PodConsumer } from './io/pod.consumer.js';
import { LogsController } from './logs.controller.js';
import { BUS, STORE } from './tokens.js';

/** One answer stays well below what the server takes, and below the 256 KiB that the bus's users keep to. */
const MAX_ANSWER_BYTES = 240 * 1024;

/** A sweep that the registry does not answer by then is tried again later; a stopping service does not wait for it. */
const ASK_MS = 5_000;

export interface LogsModulePorts {
  bus: Bus;
  store: LogStore;
  logger: Logger;
  /** The name of this replica. */
  instance: string;
  pace: ReplicaPace;
}

/** How patient replicas are with each other; absent: as in production. */
export interface ReplicaPace {
  /** How often a replica looks who the others are, and how far. */
  lookMs?: number;
  /** How long the stream keeps lines for a replica that is away. */
  forgottenAfterMs?: number;
}

@Module({})
export class LogsModule {
  static with({ bus, store, logger, instance, pace }: LogsModulePorts): DynamicModule {
    return {
      module: LogsModule,
      controllers: [LogsController],
      providers: [
        { provide: BUS, useValue: bus },
        { provide: STORE, useValue: store },
        { provide: Peers, useFactory: () => new Peers({ bus, instance, logger, now: Date.now }) },
        {
          provide: Mirror,
          inject: [Peers],
          useFactory: (peers: Peers) => new Mirror({ bus, store, peers, instance, logger, ...pace }),
        },
        {
          provide: LogReader,
          inject: [Peers, Mirror],
          useFactory: (peers: Peers, mirror: Mirror) =>
            new LogReader({ store, peers, mirror, maxBytes: MAX_ANSWER_BYTES }),
        },
        {
          provide: PeerServer,
          inject: [LogReader],
          useFactory: (reader: LogReader) =>
            new PeerServer({ bus, store, reader, instance, maxBytes: MAX_ANSWER_BYTES }),
        },
        {
          provide: LogConsumer,
          inject: [Mirror],
          useFactory: (mirror: Mirror) => new LogConsumer({ bus, store, mirror, instance, ...pace, now: Date.now }),
        },
        {
          provide: PodConsumer,
          useFactory: () =>
            new PodConsumer({
              bus,
              logs: store,
              objects: busStore(bus, { deadlineMs: ASK_MS }),
              logger,
              instance,
              now: Date.now,
            }),
        },
      ],
    };
  }
}
