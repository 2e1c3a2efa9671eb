import { SlipwayError } from '@slipway/contracts';
import { ensureCredentials } from './credentials.js';

const AT = { namespace: 'slipway', secret: 'slipway-credentials' };

interface Stored {
  metadata: { resourceVersion: string };
  data?: Record<string, string>;
}

/** A Secret that is written by compare-and-set; `between` runs once, between the first read and the first write. */
function cluster(data?: Record<string, string>, between: (stored: Stored) => void = () => undefined) {
  const stored: Stored = { metadata: { resourceVersion: '1' }, ...(data === undefined ? {} : { data }) };
  let isFirst = true;
  return {
    stored,
    writes: 0,
    request<T>(path: string, { method = 'GET', body }: { method?: string; body?: unknown } = {}): Promise<T> {
      expect(path).toBe('/api/v1/namespaces/slipway/secrets/slipway-credentials');
      if (method === 'PUT') {
        if (isFirst) between(stored);
        isFirst = false;
        const sent = body as Stored;
        if (sent.metadata.resourceVersion !== stored.metadata.resourceVersion)
          return Promise.reject(new SlipwayError('conflict', 'Conflict', 'changed'));
        this.writes++;
        stored.metadata.resourceVersion += '+';
        stored.data = sent.data!;
      }
      return Promise.resolve(structuredClone(stored) as T);
    },
  };
}
const text = (data: Record<string, string> | undefined, key: string): string =>
  Buffer.from(data?.[key] ?? '', 'base64').toString();

describe('ensureCredentials', () => {
  test('makes a password of its own for each user, the routes and the database', async () => {
    const fake = cluster();
    const passwords = await ensureCredentials(fake, AT);
    expect(Object.keys(passwords).sort()).toEqual([
      'nats-executor',
      'nats-logs',
      'nats-registry',
      'nats-resources',
      'nats-route',
      'nats-scheduler',
      'postgres',
    ]);
    expect(new Set(Object.values(passwords)).size).toBe(7);
    for (const password of Object.values(passwords)) expect(password).toMatch(/^p[0-9a-f]{48}$/);
    expect(text(fake.stored.data, 'postgres')).toBe(passwords['postgres']);
  });

  test('writes nothing where nothing is missing', async () => {
    const fake = cluster();
    const first = await ensureCredentials(fake, AT);
    expect(await ensureCredentials(fake, AT)).toEqual(first);
    expect(fake.writes).toBe(1);
  });

  test('keeps what is there, somebody else’s keys too (P2)', async () => {
    const fake = cluster({ postgres: btoa('mine'), other: btoa('theirs') });
    expect(await ensureCredentials(fake, AT)).toMatchObject({ postgres: 'mine', other: 'theirs' });
  });

  test('of two replicas that start at once the first one’s passwords count (P1)', async () => {
    const fake = cluster(undefined, (stored) => {
      stored.metadata.resourceVersion = '2';
      stored.data = { postgres: btoa('of-the-other') };
    });
    expect(await ensureCredentials(fake, AT)).toMatchObject({ postgres: 'of-the-other' });
    expect(text(fake.stored.data, 'postgres')).toBe('of-the-other');
  });

  test('an error of the cluster is the caller’s', async () => {
    const request = (): Promise<never> => Promise.reject(new SlipwayError('forbidden', 'Forbidden', 'no'));
    await expect(ensureCredentials({ request }, AT)).rejects.toThrow('no');
  });
});
