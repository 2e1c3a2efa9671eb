import { Module, type DynamicModule } from '@nestjs/common';
import type { Bus } from '@slipway/bus';
import { LogReader } from './io/log-reader.js';
import type { LogStore } from './io/log-store.js';
import { LogConsumer } from './io/log.consumer.js';
import { LogsController } from './logs.controller.js';
import { BUS, STORE } from './tokens.js';

/** One answer stays well below what the server takes, and below the 256 KiB that the bus's users keep to. */
const MAX_ANSWER_BYTES = 240 * 1024;

@Module({})
export class LogsModule {
  static with(ports: { bus: Bus; store: LogStore }): DynamicModule {
    return {
      module: LogsModule,
      controllers: [LogsController],
      providers: [
        { provide: BUS, useValue: ports.bus },
        { provide: STORE, useValue: ports.store },
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
      ],
    };
  }
}
