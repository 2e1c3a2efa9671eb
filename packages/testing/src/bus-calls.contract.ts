import { holds, type BusCase } from './bus-world.js';
import { eventually } from './eventually.js';

/** See `busContract`. `at` is the world of the case that runs. */
export function callCases(at: BusCase): void {
  describe('calls', () => {
    /** What has been heard, by listener, once the calls below were made; a call before it is heard can be lost. */
    const heard = async (calls: number, hears: () => number): Promise<void> => {
      await eventually(() => hears() >= calls || (at.bus.call('test.calls'), false));
    };

    holds('are heard by every listener of the subject, and by no other', async () => {
      const count = { here: 0, there: 0, elsewhere: 0 };
      at.other.onCall('test.calls', () => void count.here++);
      at.other.onCall('test.calls', () => void count.there++);
      at.other.onCall('test.others', () => void count.elsewhere++);
      await heard(2, () => Math.min(count.here, count.there));
      expect(count.elsewhere).toBe(0);
    });

    holds('are not heard any more by a listener that stopped', async () => {
      const count = { stopped: 0, stays: 0 };
      const first = at.other.onCall('test.calls', () => void count.stopped++);
      at.other.onCall('test.calls', () => void count.stays++);
      await heard(1, () => Math.min(count.stopped, count.stays));
      await first.stop();
      const { stopped, stays } = count;
      await heard(stays + 3, () => count.stays);
      expect(count.stopped).toBe(stopped);
    });

    holds('are heard again after the server was away; one while it is away is nobody’s', async () => {
      let count = 0;
      at.other.onCall('test.calls', () => void count++);
      await heard(1, () => count);
      await at.world.kill();
      at.bus.call('test.calls');
      await at.world.start();
      await heard(count + 1, () => count);
    });
  });
}
