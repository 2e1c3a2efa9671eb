import { Module, type DynamicModule } from '@nestjs/common';
import type { EventDelivery } from './io/event-delivery.js';
import type { ResourcePlanner } from './io/resource-planner.js';
import { DELIVERY, PLANNER, ResourcesController } from './resources.controller.js';

@Module({})
export class ResourcesModule {
  static with(planner: ResourcePlanner, delivery: EventDelivery): DynamicModule {
    return {
      module: ResourcesModule,
      controllers: [ResourcesController],
      providers: [
        { provide: PLANNER, useValue: planner },
        { provide: DELIVERY, useValue: delivery },
      ],
    };
  }
}
