import { ReportPace, type Reported } from './report-pace.js';

const STATES: readonly Reported[] = ['begins', 'runs', 'waits'];

describe('the pace of reports', () => {
  const pace = new ReportPace();
  const dueMs = (): number[] => STATES.map((state) => pace.dueMs('a', state));

  test('gives what was just started a moment to end before it says that it runs', () => {
    pace.started('a', 1_000);
    expect(dueMs()).toEqual([1_015, 1_250, 2_000]);
  });
  test('counts from the last report', () => {
    pace.reported('a', 2_000);
    expect(dueMs()).toEqual([1_015, 2_250, 3_000]);
  });
  test('holds nothing back of a pod that is new to this process', () => {
    pace.forget('a');
    expect([pace.startedMs('a'), ...dueMs()]).toEqual([undefined, 15, 250, 1_000]);
  });
});
