import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Waits until the condition gives something truthy, and returns it; the error of the last try when it never does.
 * The condition may be asynchronous and may throw.
 */
export async function eventually<T>(
  condition: () => T | Promise<T>,
  options: { deadlineMs?: number; what?: string } = {},
): Promise<T> {
  const { deadlineMs = 10_000, what = 'the condition' } = options;
  const endMs = Date.now() + deadlineMs;
  for (let failure: unknown; ; await sleep(10)) {
    try {
      const value = await condition();
      if (value) return value;
      failure = undefined;
    } catch (error) {
      failure = error;
    }
    if (Date.now() > endMs) {
      throw new Error(`${what} did not come true within ${deadlineMs} ms`, { cause: failure });
    }
  }
}
