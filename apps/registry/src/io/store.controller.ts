// The store's side of STORE_RPC: what other services ask of the stored objects.

import { Controller, Inject } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import {
  STORE_RPC,
  type AdmitReply,
  type AdmitRequest,
  type CommitReply,
  type CommitRequest,
  type GetReply,
  type GetRequest,
  type HeadsReply,
  type LeaseReply,
  type LeaseRequest,
  type LeasedService,
  type ListReply,
  type ListRequest,
} from '@slipway/contracts';
import type { AdmissionLimits } from '../core/admission/limits.js';
import { admitDocument } from '../http/admit-document.js';
import { ADMISSION_LIMITS, LEASE_CALLS, OBJECT_STORE } from '../tokens.js';
import type { ObjectStore } from './object-store.js';
import { PAGE_BYTES, headOf, malformed, objectOf, requireFields } from './rpc-request.js';

/** Tells the replicas of a service to ask for their shards now. */
export type CallReplicas = (service: LeasedService) => void;

@Controller()
export class StoreController {
  constructor(
    @Inject(OBJECT_STORE) private readonly store: ObjectStore,
    @Inject(ADMISSION_LIMITS) private readonly limits: AdmissionLimits,
    @Inject(LEASE_CALLS) private readonly callReplicas: CallReplicas,
  ) {}

  @MessagePattern(STORE_RPC.get)
  async get(@Payload() request: GetRequest): Promise<GetReply> {
    requireFields(request, ['resource', 'namespace', 'name']);
    const stored = await this.store.get(request);
    if (stored === undefined) return {};
    const object = objectOf(stored);
    return { object: request.headOnly === true ? headOf(object) : object };
  }

  @MessagePattern(STORE_RPC.list)
  async list(@Payload() request: ListRequest): Promise<ListReply> {
    requireFields(request, ['resource']);
    const page = await this.store.list({ ...request, limitBytes: PAGE_BYTES });
    return { ...page, items: page.items.map(objectOf) };
  }

  @MessagePattern(STORE_RPC.commit)
  async commit(@Payload() request: CommitRequest): Promise<CommitReply> {
    if (!Array.isArray((request as CommitRequest | null)?.writes)) throw malformed('writes');
    return this.store.commit(request);
  }

  @MessagePattern(STORE_RPC.heads)
  async heads(): Promise<HeadsReply> {
    return this.store.heads();
  }

  @MessagePattern(STORE_RPC.lease)
  async lease(@Payload() request: LeaseRequest): Promise<LeaseReply> {
    requireFields(request, ['service', 'holder', 'incarnation']);
    const { reply, isMoving } = await this.store.lease(request);
    if (isMoving) this.callReplicas(request.service); // once it is stored: they ask at once
    return reply;
  }

  @MessagePattern(STORE_RPC.admit)
  admit(@Payload() request: AdmitRequest): AdmitReply {
    requireFields(request, ['document', 'kind']);
    return { object: admitDocument(request, this.limits) };
  }
}
