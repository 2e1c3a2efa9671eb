import { SlipwayError } from '@slipway/contracts';
import type { ObjectStore } from '../object-store.js';
import { openPatiently } from './open-patiently.js';

const store = {} as ObjectStore;
const away = new SlipwayError('transient', 'DatabaseUnavailable', 'The database cannot be reached.');

describe('openPatiently', () => {
  test('asks again for as long as the database cannot be reached', async () => {
    const answers = [away, away, store];
    const open = (): Promise<ObjectStore> => {
      const answer = answers.shift()!;
      return answer instanceof SlipwayError ? Promise.reject(answer) : Promise.resolve(answer);
    };
    const paused: unknown[] = [];
    const pause = (error: unknown): Promise<void> => Promise.resolve(void paused.push(error));
    expect(await openPatiently(open, pause)).toBe(store);
    expect(paused).toEqual([away, away]);
  });

  test('throws at once what waiting does not mend', async () => {
    const wrong = new SlipwayError('unauthorized', 'DatabaseRefused', 'The database refuses the password.');
    const pause = (): Promise<void> => Promise.reject(new Error('it waits'));
    await expect(openPatiently(() => Promise.reject(wrong), pause)).rejects.toBe(wrong);
  });
});
