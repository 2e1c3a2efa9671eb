// Passwords of the parts of an installation, in a Secret that they take them from: nobody has to think of any.
//
//   P1. Replicas agree: the Secret is written by compare-and-set, and what it holds is what counts.
//   P2. A password that is there is never changed. One that is deleted is made anew at the next start.

import { randomBytes } from 'node:crypto';
import { BUS_SERVICES } from '@slipway/bus';
import type { ClusterClient } from '@slipway/cluster';
import { SlipwayError } from '@slipway/contracts';

/** Keys of the Secret: a user of NATS each, the routes between its servers, and the database. */
export const CREDENTIALS = {
  nats: (user: string): string => `nats-${user}`,
  database: 'postgres',
} as const;

const KEYS = [...[...BUS_SERVICES, 'route'].map(CREDENTIALS.nats), CREDENTIALS.database];
const TRIES = 10;

interface Secret {
  data?: Record<string, string>;
}

/**
 * The passwords by their keys, made where there are none yet (P1, P2).
 *
 * Errors: those of the cluster, when the Secret cannot be read or written.
 */
export async function ensureCredentials(
  client: Pick<ClusterClient, 'request'>,
  { namespace, secret }: { namespace: string; secret: string },
): Promise<Readonly<Record<string, string>>> {
  const path = `/api/v1/namespaces/${namespace}/secrets/${secret}`;
  for (let attempt = 1; ; attempt++) {
    const found = await client.request<Secret>(path);
    const missing = KEYS.filter((key) => (found.data?.[key] ?? '') === '');
    if (missing.length === 0) return decoded(found);
    const made = Object.fromEntries(missing.map((key) => [key, Buffer.from(newPassword()).toString('base64')]));
    try {
      const body = { ...found, data: { ...found.data, ...made } };
      return decoded(await client.request<Secret>(path, { method: 'PUT', body }));
    } catch (error) {
      const isRaced = error instanceof SlipwayError && error.kind === 'conflict';
      if (!isRaced || attempt === TRIES) throw error; // P1
    }
  }
}

/** A letter first and no signs: nats-server reads variables as values of its configuration. */
function newPassword(): string {
  return `p${randomBytes(24).toString('hex')}`;
}

function decoded({ data = {} }: Secret): Record<string, string> {
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]));
}
