import { SlipwayError } from '@slipway/contracts';
import { holds, type BusCase } from './bus-world.js';
import { eventually } from './eventually.js';

/** See `busContract`. `at` is the world of the case that runs. */
export function requestCases(at: BusCase): void {
  describe('requests', () => {
    holds('bring the answer of one member of the queue group', async () => {
      await at.bus.serve('test.double', 'q', (data) => Promise.resolve({ twice: Number(data) * 2 }));
      await at.other.serve('test.double', 'q', (data) => Promise.resolve({ twice: Number(data) * 2 }));
      expect(await at.bus.request('test.double', 21)).toEqual({ twice: 42 });
      expect(await at.other.request('test.double', null)).toEqual({ twice: 0 });
    });

    holds('bring a SlipwayError whole, and of any other throw only that it is internal', async () => {
      const problems = [{ field: 'spec.x', reason: 'FieldValueInvalid', message: 'no' }];
      await at.other.serve('test.fail', 'q', () =>
        Promise.reject(new SlipwayError('conflict', 'Why', 'Message.', { hint: 'Do.', retryAfterMs: 5, problems })),
      );
      await at.other.serve('test.bug', 'q', () => Promise.reject(new TypeError('secret detail')));
      await expect(at.bus.request('test.fail', {})).rejects.toMatchObject({
        name: 'SlipwayError',
        kind: 'conflict',
        reason: 'Why',
        message: 'Message.',
        hint: 'Do.',
        retryAfterMs: 5,
        problems,
      });
      const bug = await at.bus.request('test.bug', {}).catch((error: unknown) => error as SlipwayError);
      expect(bug).toMatchObject({ kind: 'internal' });
      expect((bug as SlipwayError).message).not.toContain('secret');
    });

    holds(
      'fail at once as transient when nobody answers, and after their time when the answer does not come',
      async () => {
        await at.other.serve('test.never', 'q', () => at.endOfCase);
        await expect(at.bus.request('test.nobody', {})).rejects.toMatchObject({
          kind: 'transient',
          reason: 'NobodyAnswers',
        });
        await expect(at.bus.request('test.never', {}, { timeoutMs: 50 })).rejects.toMatchObject({
          kind: 'transient',
          reason: 'Timeout',
        });
      },
    );

    holds('and answers over the size limit fail as too-large, and the next one works', async () => {
      const huge = 'x'.repeat(at.bus.maxPayload);
      await at.other.serve('test.huge', 'q', (data) => Promise.resolve(data === 1 ? huge : 'small'));
      await expect(at.bus.request('test.huge', huge)).rejects.toMatchObject({ kind: 'too-large' });
      await expect(at.bus.request('test.huge', 1)).rejects.toMatchObject({ kind: 'too-large' });
      expect(await at.bus.request('test.huge', 2)).toBe('small');
    });

    holds(
      'fail at once as transient while the server is away, those on their way too, and work after it is back',
      async () => {
        await at.other.serve('test.slow', 'q', (data) => (data === 'slow' ? at.endOfCase : Promise.resolve('ok')));
        const onItsWay = at.bus.request('test.slow', 'slow', { timeoutMs: 60_000 }).catch((error: unknown) => error);
        await at.bus.request('test.slow', 'quick');
        await at.world.kill();
        expect(await onItsWay).toMatchObject({ kind: 'transient' });
        await expect(at.bus.request('test.slow', 'quick')).rejects.toMatchObject({ kind: 'transient' });
        await at.world.start();
        expect(await eventually(() => at.bus.request('test.slow', 'quick'))).toBe('ok');
      },
    );

    holds('are answered to the end by a subscription that stops', async () => {
      let started!: () => void;
      let finish!: () => void;
      const isStarted = new Promise<void>((resolve) => {
        started = resolve;
      });
      const isFinished = new Promise<void>((resolve) => {
        finish = resolve;
      });
      const subscription = await at.other.serve('test.stop', 'q', async () => {
        started();
        await isFinished;
        return 'done';
      });
      const answer = at.bus.request('test.stop', {});
      await isStarted;
      const stopped = subscription.stop();
      finish();
      expect(await answer).toBe('done');
      await stopped;
      await expect(at.bus.request('test.stop', {})).rejects.toMatchObject({ reason: 'NobodyAnswers' });
    });
  });
}
