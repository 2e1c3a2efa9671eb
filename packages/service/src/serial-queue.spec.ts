import { SerialQueue, type SerialQueueOptions } from './serial-queue.js';

/** A queue whose handlers end when the test says so. */
function world(concurrency: number, tenants?: SerialQueueOptions['tenants']) {
  const started: string[] = [];
  const finish = new Map<string, () => void>();
  const queue = new SerialQueue({
    concurrency,
    ...(tenants === undefined ? {} : { tenants }),
    handle: (key) => {
      started.push(key);
      return new Promise<void>((resolve) => finish.set(key, resolve));
    },
    onError: () => undefined,
  });
  const end = async (key: string): Promise<void> => {
    finish.get(key)!();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { queue, started, end };
}

describe('SerialQueue', () => {
  it('handles a key once more when it was asked for meanwhile, however often (Q1)', async () => {
    const { queue, started, end } = world(4);
    ['a', 'a', 'a'].forEach((key) => queue.add(key));
    await end('a');
    expect(started).toEqual(['a', 'a']);
    await end('a');
    expect(started).toEqual(['a', 'a']);
  });

  it('handles only so many keys at once, in the order of asking', async () => {
    const { queue, started, end } = world(2);
    ['a', 'b', 'c', 'd'].forEach((key) => queue.add(key));
    expect(started).toEqual(['a', 'b']);
    await end('b');
    expect(started).toEqual(['a', 'b', 'c']);
  });

  it('lets keys of a tenant that are slow or many hold up no other (Q3)', async () => {
    const { queue, started, end } = world(3, { of: (key) => key[0]!, concurrency: 2 });
    ['a1', 'a2', 'a3', 'a4', 'b1', 'b2'].forEach((key) => queue.add(key));
    expect(started).toEqual(['a1', 'a2', 'b1']);
    await end('b1');
    expect(started).toEqual(['a1', 'a2', 'b1', 'b2']);
    await end('a2');
    expect(started).toEqual(['a1', 'a2', 'b1', 'b2', 'a3']);
  });

  it('tries a key again after a failure when it is told to (Q2)', async () => {
    const attempts: number[] = [];
    const done = new Promise<void>((resolve) => {
      const queue = new SerialQueue({
        concurrency: 1,
        handle: () => (attempts.length < 2 ? Promise.reject(new Error('no')) : Promise.resolve(resolve())),
        onError: (_key, _thrown, attempt) => {
          attempts.push(attempt);
          return 1;
        },
      });
      queue.add('a');
    });
    await done;
    expect(attempts).toEqual([1, 2]);
  });

  it('waits for what is in hand when it is stopped, and takes nothing new', async () => {
    const { queue, started, end } = world(1);
    ['a', 'b'].forEach((key) => queue.add(key));
    const stopped = queue.stop();
    queue.add('c');
    await end('a');
    await stopped;
    expect(started).toEqual(['a']);
  });
});
