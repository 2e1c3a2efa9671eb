import { Module, type DynamicModule } from '@nestjs/common';
import type { Bus } from '@slipway/bus';
import type { Logger } from '@slipway/service';
import { busStore } from '@slipway/store';
import { LogReader } from './io/log-reader.js';
import type { LogStore } from './io/log-store.js';
import { LogConsumer } from './io/log.consumer.js';
import { PodConsumer } from './io/pod.consumer.js';
import { LogsController } from './logs.controller.js';
import { BUS, STORE } from './tokens.js';

/** One answer stays well below what the server takes, and below the 256 KiB that the bus's users keep to. */
const MAX_ANSWER_BYTES = 240 * 1024;

/** A sweep that the registry does not answer by then is tried again later; a stopping service does not wait for it. */
const ASK_MS = 5_000;

@Module({})
export class LogsModule {
  static with({ bus, store, logger }: { bus: Bus; store: LogStore; logger: Logger }): DynamicModule {
    return {
      module: LogsModule,
      controllers: [LogsController],
      providers: [
        { provide: BUS, useValue: bus },
        { provide: STORE, useValue: store },
        {
          provide: LogReader,
          inject: [STORE],
          useFactory: (store: LogStore) => new LogReader(store, MAX_ANSWER_BYTES),
        },
        {
          provide: LogConsumer,
          inject: [BUS, STORE],
          useFactory: (bus: Bus, store: LogStore) => new LogConsumer(bus, store, Date.now),
        },
        {
          provide: PodConsumer,
          useFactory: () =>
            new PodConsumer({
              bus,
              logs: store,
              objects: busStore(bus, { deadlineMs: ASK_MS }),
              logger,
              now: Date.now,
            }),
        },
      ],
    };
  }
}
