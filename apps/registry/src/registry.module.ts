import { Module, type DynamicModule } from '@nestjs/common';
import type { AdmissionLimits } from './core/admission/limits.js';
import type { ObjectStore } from './io/object-store.js';
import { CustomRunsController } from './io/custom-runs.controller.js';
import { StoreController, type CallReplicas } from './io/store.controller.js';
import { ADMISSION_LIMITS, LEASE_CALLS, OBJECT_STORE } from './tokens.js';

/** What the other services reach over the bus. The HTTP API is a router table of its own (http/api.ts). */
@Module({})
export class RegistryModule {
  static with(ports: { store: ObjectStore; limits: AdmissionLimits; callReplicas: CallReplicas }): DynamicModule {
    return {
      module: RegistryModule,
      controllers: [StoreController, CustomRunsController],
      providers: [
        { provide: OBJECT_STORE, useValue: ports.store },
        { provide: ADMISSION_LIMITS, useValue: ports.limits },
        { provide: LEASE_CALLS, useValue: ports.callReplicas },
      ],
    };
  }
}
