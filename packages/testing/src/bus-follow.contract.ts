import { CHANGES, type Broken } from '@slipway/bus';
import { followed, holds, range, type BusCase } from './bus-world.js';
import { eventually } from './eventually.js';

/** See `busContract`. `at` is the world of the case that runs. */
export function followCases(at: BusCase): void {
  describe('follow', () => {
    holds('reads in order from where it is told to, filtered', async () => {
      await at.send(1, 5);
      await at.send(1, 5, 'change.2.a');
      const fromNew = await followed(at.bus);
      const fromThird = await followed(at.bus, { sequence: 3 });
      const filtered = await followed(at.bus, { sequence: 1 }, 'change.2.>');
      await at.send(6, 8);
      await eventually(() => fromNew.numbers.length === 3 && fromThird.numbers.length === 11);
      await eventually(() => filtered.numbers.length === 5);
      expect(fromNew.numbers).toEqual([6, 7, 8]);
      expect(fromThird.numbers).toEqual([3, 4, 5, 1, 2, 3, 4, 5, 6, 7, 8]);
      expect(filtered.numbers).toEqual([1, 2, 3, 4, 5]);
      expect([...fromNew.broken, ...fromThird.broken, ...filtered.broken]).toEqual([]);
    });

    holds('goes on over a restart without a hole, a repeat or a false alarm', async () => {
      const seen = await followed(at.other);
      await at.send(1, 20);
      await eventually(() => seen.numbers.length === 20);
      await at.restart();
      await at.send(21, 40);
      await eventually(() => seen.numbers.includes(40));
      expect(seen.numbers).toEqual(range(1, 40));
      expect(seen.broken).toEqual([]);
    });

    holds('tells that the stream was made anew, and reads all of the new one', async () => {
      const seen = await followed(at.other);
      await at.send(1, 5);
      await eventually(() => seen.numbers.length === 5);
      await at.restart({ wiped: true });
      await at.send(6, 20);
      await eventually(() => seen.numbers.includes(20));
      expect(seen.numbers).toEqual(range(1, 20));
      expect(seen.broken).toEqual([{ kind: 'recreated' }]);
    });

    holds('tells which message its handler could not take, and goes on', async () => {
      const numbers: number[] = [];
      const broken: Broken[] = [];
      await at.bus.follow({
        stream: CHANGES,
        startAt: 'new',
        handle: (message) => {
          const { n } = message.json<{ n: number }>();
          if (n === 2) throw new Error('cannot');
          numbers.push(n);
        },
        onBroken: (why) => void broken.push(why),
      });
      await at.send(1, 3);
      await eventually(() => numbers.includes(3));
      expect(numbers).toEqual([1, 3]);
      expect(broken).toMatchObject([{ kind: 'unreadable', subject: 'change.1.a.2' }]);
    });

    holds('handles nothing more once it is stopped', async () => {
      const seen = await followed(at.bus);
      await at.send(1, 2);
      await eventually(() => seen.numbers.length === 2);
      await seen.stop();
      await at.send(3, 4);
      const later = await followed(at.bus, { sequence: 1 });
      await eventually(() => later.numbers.length === 4);
      expect(seen.numbers).toEqual([1, 2]);
    });
  });
}
