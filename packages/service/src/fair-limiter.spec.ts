import { FairLimiter } from './fair-limiter.js';

/** Jobs that end when they are told to. */
function world(limit: number, tenantLimit: number) {
  const limiter = new FairLimiter(limit, tenantLimit);
  const started: string[] = [];
  const ends = new Map<string, () => void>();
  const add = (tenant: string, name: string): void => {
    void limiter.run(tenant, () => {
      started.push(name);
      return new Promise<void>((resolve) => ends.set(name, resolve));
    });
  };
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return { add, started, settle, end: async (name: string) => (ends.get(name)!(), settle()) };
}

test('a tenant whose jobs hang holds up itself alone', async () => {
  const { add, started, settle } = world(4, 2);
  for (const name of ['a1', 'a2', 'a3', 'a4', 'a5']) add('a', name);
  add('b', 'b1');
  await settle();
  expect(started).toEqual(['a1', 'a2', 'b1']);
});

test('tenants that wait take turns', async () => {
  const { add, started, settle, end } = world(1, 1);
  for (const name of ['a1', 'a2', 'a3']) add('a', name);
  for (const name of ['b1', 'b2']) add('b', name);
  await settle();
  for (let i = 0; i < 4; i++) await end(started.at(-1)!);
  expect(started).toEqual(['a1', 'a2', 'b1', 'a3', 'b2']);
});

test('a job that fails gives its place back', async () => {
  const limiter = new FairLimiter(1, 1);
  await expect(limiter.run('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  await expect(limiter.run('a', () => Promise.resolve(1))).resolves.toBe(1);
});
