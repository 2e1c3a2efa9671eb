import { Module, type DynamicModule } from '@nestjs/common';
import type { ResourcePlanner } from './io/resource-planner.js';
import { PLANNER, ResourcesController } from './resources.controller.js';

@Module({})
export class ResourcesModule {
  static with(planner: ResourcePlanner): DynamicModule {
    return {
      module: ResourcesModule,
      controllers: [ResourcesController],
      providers: [{ provide: PLANNER, useValue: planner }],
    };
  }
}
