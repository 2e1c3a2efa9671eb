import { ReportPace } from './report-pace.js';

describe('the pace of reports', () => {
  const pace = new ReportPace();

  test('gives what was just started a moment to end before it says that it runs', () => {
    pace.started('a', 1_000);
    expect([pace.dueMs('a', true), pace.dueMs('a', false)]).toEqual([1_015, 1_250]);
  });
  test('counts from the last report', () => {
    pace.reported('a', 2_000);
    expect([pace.dueMs('a', true), pace.dueMs('a', false)]).toEqual([1_015, 2_250]);
  });
  test('holds nothing back of a pod that is new to this process', () => {
    pace.forget('a');
    expect([pace.startedMs('a'), pace.dueMs('a', true), pace.dueMs('a', false)]).toEqual([undefined, 15, 250]);
  });
});
