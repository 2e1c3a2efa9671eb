import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { SlipwayError } from '@slipway/contracts';
import { followed, holds, range, type BusCase } from './bus-world.js';
import { eventually } from './eventually.js';

/** See `busContract`. `at` is the world of the case that runs. */
export function publishCases(at: BusCase): void {
  describe('publish', () => {
    holds('stores messages in the order of the calls, and repeats of an id once', async () => {
      const seen = await followed(at.other);
      await at.send(1, 100);
      await at.send(50, 60);
      await at.send(101, 101);
      await eventually(() => seen.numbers.includes(101));
      expect(seen.numbers).toEqual(range(1, 101));
    });

    holds('waits through an outage, keeps the order, and stores each message once', async () => {
      const seen = await followed(at.other);
      await at.send(1, 10);
      await at.world.kill();
      const during = at.send(11, 50);
      await at.world.start();
      await during;
      await at.send(51, 60);
      await eventually(() => seen.numbers.includes(60));
      expect(seen.numbers).toEqual(range(1, 60));
    });

    holds('goes on after the server has lost all its data', async () => {
      await at.send(1, 3);
      await at.restart({ wiped: true });
      await at.send(4, 6);
      const seen = await followed(at.other, { sequence: 1 });
      await eventually(() => seen.numbers.includes(6));
      expect(seen.numbers).toEqual([4, 5, 6]);
    });

    holds('refuses a message over the size limit, takes bytes as they are, and gives up when told to', async () => {
      const huge = 'x'.repeat(at.bus.maxPayload);
      await expect(at.bus.publish('change.1.x', huge, { id: 'huge' })).rejects.toMatchObject({ kind: 'too-large' });
      const seen = await followed(at.other);
      await at.bus.publish('change.1.x', new TextEncoder().encode('{"n":7}'), { id: 'bytes' });
      await eventually(() => seen.numbers.length > 0);
      expect(seen.numbers).toEqual([7]);
      await at.world.kill();
      const stop = new AbortController();
      const waiting = at.bus.publish('change.1.x', { n: 8 }, { id: 'late', signal: stop.signal });
      stop.abort(new SlipwayError('transient', 'Stopped', 'Stopped.'));
      await expect(waiting).rejects.toMatchObject({ reason: 'Stopped' });
      await at.world.start();
    });

    holds('keeps nothing through an outage of what was given up', async () => {
      await at.world.kill();
      await eventually(() => !at.bus.isConnected());
      const kept = await Promise.all(range(1, 10).map(async (n) => new WeakRef(await givenUp(at, n))));
      await eventually(() => {
        collectGarbage();
        return kept.every((payload) => payload.deref() === undefined);
      });
      await at.world.start();
    });
  });
}

/** A payload whose publication was given up. */
async function givenUp(at: BusCase, n: number): Promise<Uint8Array> {
  const payload = new TextEncoder().encode(`{"n":${n}}`);
  const stop = new AbortController();
  const waiting = at.bus.publish('change.1.x', payload, { id: `late-${n}`, signal: stop.signal });
  stop.abort(new SlipwayError('transient', 'Stopped', 'Stopped.'));
  await waiting.catch(() => undefined);
  return payload;
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}
