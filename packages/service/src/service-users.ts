import { createHmac } from 'node:crypto';
import { BUS_SERVICES, userConfig, type BusService } from '@slipway/bus';

/** Users of the services on a nats-server of one's own: `users` of `startNatsServer`, and how each service reaches it. */
export interface ServiceUsers {
  users: string[];
  urlOf(service: BusService, port: number): string;
}

/** Their passwords follow from a secret, so that they stay the same over restarts. */
export function serviceUsers(secret: string): ServiceUsers {
  const passwordOf = (service: BusService): string => `p${createHmac('sha256', secret).update(service).digest('hex')}`;
  return {
    users: BUS_SERVICES.map((service) => userConfig(service, passwordOf(service))),
    urlOf: (service, port) => `nats://${service}:${passwordOf(service)}@127.0.0.1:${port}`,
  };
}
