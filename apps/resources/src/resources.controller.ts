import { Controller, Inject } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { RESOURCES_RPC, type ResourcePlan, type ResourcePlanRequest } from '@slipway/contracts';
import type { ResourcePlanner } from './io/resource-planner.js';

export const PLANNER = Symbol('ResourcePlanner');

@Controller()
export class ResourcesController {
  constructor(@Inject(PLANNER) private readonly planner: ResourcePlanner) {}

  @MessagePattern(RESOURCES_RPC.plan)
  plan(@Payload() request: ResourcePlanRequest): Promise<ResourcePlan> {
    return this.planner.plan(request);
  }
}
