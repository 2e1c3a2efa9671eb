import { Controller, Inject } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import {
  RESOURCES_RPC,
  type DeliverReply,
  type DeliverRequest,
  type ResourcePlan,
  type ResourcePlanRequest,
} from '@slipway/contracts';
import type { EventDelivery } from './io/event-delivery.js';
import type { ResourcePlanner } from './io/resource-planner.js';

export const PLANNER = Symbol('ResourcePlanner');
export const DELIVERY = Symbol('EventDelivery');

@Controller()
export class ResourcesController {
  constructor(
    @Inject(PLANNER) private readonly planner: ResourcePlanner,
    @Inject(DELIVERY) private readonly delivery: EventDelivery,
  ) {}

  @MessagePattern(RESOURCES_RPC.plan)
  plan(@Payload() request: ResourcePlanRequest): Promise<ResourcePlan> {
    return this.planner.plan(request);
  }

  @MessagePattern(RESOURCES_RPC.deliver)
  deliver(@Payload() request: DeliverRequest): Promise<DeliverReply> {
    return this.delivery.deliver(request);
  }
}
