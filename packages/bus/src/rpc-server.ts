// Lets Nest's @MessagePattern() methods answer requests on the bus.
//
// Nest's own NATS transport opens a connection of its own and turns unknown errors into "Internal server error". This
// strategy keeps Nest's routing on the bus's connection, and `RpcErrorFilter` keeps the SlipwayError.

import { Catch, type RpcExceptionFilter } from '@nestjs/common';
import { Server, type CustomTransportStrategy } from '@nestjs/microservices';
import { isObservable, lastValueFrom, throwError, type Observable } from 'rxjs';
import type { Bus, Subscription } from './bus.js';

/** Hands what a handler threw back to the transport as it is. */
@Catch()
export class RpcErrorFilter implements RpcExceptionFilter {
  catch(thrown: unknown): Observable<never> {
    return throwError(() => thrown);
  }
}

/**
 * The transport of a service's controllers: `NestFactory.createMicroservice(module, { strategy: rpcServer(bus, 'logs') })`.
 * Give the app `RpcErrorFilter` as global filter. Replicas of a service share the queue group `queue`.
 */
export function rpcServer(bus: Bus, queue: string): RpcServer {
  return new RpcServer(bus, queue);
}

export class RpcServer extends Server implements CustomTransportStrategy {
  #subscriptions: Subscription[] = [];

  constructor(
    private readonly bus: Bus,
    private readonly queue: string,
  ) {
    super();
  }

  listen(ready: (error?: unknown) => void): void {
    void this.#listen().then(() => ready(), ready);
  }

  async close(): Promise<void> {
    await Promise.all(this.#subscriptions.map((subscription) => subscription.stop()));
    this.#subscriptions = [];
  }

  on(): void {} // no transport events of our own
  unwrap<T>(): T {
    return this.bus as T;
  }

  async #listen(): Promise<void> {
    for (const [pattern, handler] of this.messageHandlers) {
      const answer = async (data: unknown, subject: string): Promise<unknown> => {
        const result: unknown = await handler(data, { subject });
        return isObservable(result) ? lastValueFrom(result, { defaultValue: undefined }) : result;
      };
      this.#subscriptions.push(await this.bus.serve(pattern, this.queue, answer));
    }
  }
}
