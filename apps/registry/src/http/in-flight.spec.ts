import { InFlight } from './in-flight.js';
import { IN_FLIGHT_LIMIT, LONG_RUNNING_LIMIT } from './limits.js';

describe('InFlight', () => {
  test.each([
    ['requests', false, IN_FLIGHT_LIMIT],
    ['watches', true, LONG_RUNNING_LIMIT],
  ])('tells %s over the limit to come back, and takes them when others have left', (_what, isLong, limit) => {
    const inFlight = new InFlight();
    const leave = Array.from({ length: limit }, () => inFlight.enter(isLong));
    expect(() => inFlight.enter(isLong)).toThrow(
      expect.objectContaining({ kind: 'overloaded', retryAfterMs: 1000 }) as Error,
    );
    expect(() => inFlight.enter(!isLong)()).not.toThrow();
    leave[0]!();
    leave[0]!();
    expect(() => inFlight.enter(isLong)).not.toThrow();
    expect(() => inFlight.enter(isLong)).toThrow('Too many requests');
  });
});
