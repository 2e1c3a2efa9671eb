import { SlipwayError } from '@slipway/contracts';
import type { Access } from '../api/client.js';

export interface Platform {
  access: Access;
  stop(): Promise<void>;
}

export function startEmbedded(): Promise<Platform> {
  return Promise.reject(new SlipwayError('transient', 'NotYet', 'The services are not there yet.'));
}
