import 'reflect-metadata';
import type { DynamicModule, INestApplicationContext, INestMicroservice, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { RpcErrorFilter, rpcServer, type Bus } from '@slipway/bus';
import { nestLogger, type Logger } from './logger.js';

export interface StartModuleOptions {
  logger: Logger;
  /** Answers the module's @MessagePattern() methods on this bus; replicas share the queue group. */
  rpc?: { bus: Bus; queue: string };
}

/** A running Nest module. */
export interface RunningModule {
  get<T>(token: symbol | string | Type<T>): T;
  /** Runs the shutdown hooks: consumers stop, requests in hand are answered. */
  close(): Promise<void>;
}

/** Wires and starts a service's module: its lifecycle hooks have run, and its controllers answer, when this resolves. */
export async function startModule(
  module: DynamicModule | Type<unknown>,
  options: StartModuleOptions,
): Promise<RunningModule> {
  const app = await create(module, options);
  return {
    get: (token) => app.get(token, { strict: false }),
    close: () => app.close(),
  };
}

async function create(
  module: DynamicModule | Type<unknown>,
  { logger, rpc }: StartModuleOptions,
): Promise<INestApplicationContext> {
  const settings = { logger: nestLogger(logger), abortOnError: false };
  if (rpc === undefined) return NestFactory.createApplicationContext(module, settings);
  const strategy = rpcServer(rpc.bus, rpc.queue);
  const app: INestMicroservice = await NestFactory.createMicroservice(module, { ...settings, strategy });
  app.useGlobalFilters(new RpcErrorFilter());
  await app.listen();
  return app;
}
