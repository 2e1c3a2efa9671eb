// The registry's side of CUSTOM_RUNS_RPC: what outside controllers of custom tasks may ask.

import { Controller, Inject } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import {
  CUSTOM_RUNS,
  CUSTOM_RUNS_RPC,
  type CustomRun,
  type CustomRunListReply,
  type CustomRunListRequest,
  type CustomRunReply,
  type CustomRunRequest,
  type CustomRunStatusReply,
  type CustomRunStatusRequest,
} from '@slipway/contracts';
import type { AdmissionLimits } from '../core/admission/limits.js';
import { admitCustomRunStatus } from '../http/admit-custom-run-status.js';
import { notFound } from '../http/read.js';
import { ADMISSION_LIMITS, OBJECT_STORE } from '../tokens.js';
import type { ObjectStore } from './object-store.js';
import { PAGE_BYTES, malformed, objectOf, requireFields } from './rpc-request.js';

/** Of each request only the named fields are taken: a `resource` in it would otherwise open other kinds. */
@Controller()
export class CustomRunsController {
  constructor(
    @Inject(OBJECT_STORE) private readonly store: ObjectStore,
    @Inject(ADMISSION_LIMITS) private readonly limits: AdmissionLimits,
  ) {}

  @MessagePattern(CUSTOM_RUNS_RPC.get)
  async get(@Payload() request: CustomRunRequest): Promise<CustomRunReply> {
    requireFields(request, ['namespace', 'name']);
    const object = await this.#read(request);
    return object === undefined ? {} : { object };
  }

  @MessagePattern(CUSTOM_RUNS_RPC.list)
  async list(@Payload() request: CustomRunListRequest | null): Promise<CustomRunListReply> {
    const given = request ?? {};
    for (const field of ['namespace', 'labelSelector', 'continue'] as const) {
      if (given[field] !== undefined) requireFields(given, [field]);
    }
    if (given.limit !== undefined && !Number.isSafeInteger(given.limit)) throw malformed('limit');
    const page = await this.store.list({
      resource: CUSTOM_RUNS,
      limitBytes: PAGE_BYTES,
      ...(given.namespace === undefined ? {} : { namespace: given.namespace }),
      ...(given.labelSelector === undefined ? {} : { labelSelector: given.labelSelector }),
      ...(given.limit === undefined ? {} : { limit: given.limit }),
      ...(given.continue === undefined ? {} : { continue: given.continue }),
    });
    return {
      items: page.items.map((stored) => objectOf(stored) as CustomRun),
      revision: page.revision,
      ...(page.continue === undefined ? {} : { continue: page.continue }),
    };
  }

  @MessagePattern(CUSTOM_RUNS_RPC.status)
  async status(@Payload() request: CustomRunStatusRequest): Promise<CustomRunStatusReply> {
    requireFields(request, ['namespace', 'name', 'uid', 'resourceVersion']);
    if (typeof request.status !== 'object' || request.status === null) throw malformed('status');
    const stored = await this.#read(request);
    if (stored === undefined) throw notFound({ plural: 'customruns', group: 'tekton.dev' }, request.name);
    const object = admitCustomRunStatus(request, stored, this.limits);
    // The store compares the version once more: somebody may have written since the read.
    const { objects } = await this.store.commit({ writes: [{ op: 'update', object }] });
    return { object: (objects[0] ?? object) as CustomRun };
  }

  async #read({ namespace, name }: CustomRunRequest): Promise<CustomRun | undefined> {
    const stored = await this.store.get({ resource: CUSTOM_RUNS, namespace, name });
    return stored === undefined ? undefined : (objectOf(stored) as CustomRun);
  }
}
