import { differing, laggards, peersIn, type Backlog } from './replicas.js';

/** backlog(60, 'a 0', 'b 900'): 60 % full, 1,000 messages, and what each replica has not stored yet. */
function backlog(percent: number, ...replicas: string[]): Backlog {
  const durables = replicas.map((text) => {
    const [name, waiting] = text.split(' ');
    return { name: name!, waiting: Number(waiting) };
  });
  return { messages: 1000, sizeBytes: percent * 10, maxBytes: 1000, durables };
}

describe('laggards', () => {
  // prettier-ignore
  const table: [given: string, backlog: Backlog, then: string[]][] = [
    ['lets nobody go while there is room', backlog(49, 'self 0', 'other 1000'), []],
    ['lets go the one for whom the stream fills up', backlog(50, 'self 0', 'other 1000'), ['other']],
    ['lets go several', backlog(90, 'self 10', 'other 1000', 'third 800'), ['other', 'third']],
    ['keeps one who is a little behind', backlog(90, 'self 0', 'other 400'), []],
    ['keeps one who is hardly further behind than itself', backlog(100, 'self 700', 'other 1000'), []],
    ['keeps everybody when all are slow, so that publishers wait', backlog(100, 'self 1000', 'other 1000'), []],
    ['never lets itself go', backlog(100, 'self 1000', 'other 0'), []],
    ['decides nothing without being a part', backlog(100, 'other 1000'), []],
    ['has nobody to let go when it is alone', backlog(100, 'self 1000'), []],
  ];
  test.each(table)('%s', (_given, given, then) => {
    expect(laggards(given, 'self')).toEqual(then);
  });

  test('no two replicas let each other go, whatever they wait for', () => {
    const amounts = [0, 1, 100, 250, 499, 501, 1000];
    for (const a of amounts)
      for (const b of amounts) {
        const given = backlog(100, `a ${a}`, `b ${b}`);
        expect(laggards(given, 'a').length + laggards(given, 'b').length).toBeLessThanOrEqual(1);
      }
  });
});

test('peersIn names everybody else who has a durable', () => {
  expect(peersIn(backlog(0, 'logs-0 1', 'logs-1 0', 'logs-2 3'), 'logs-1')).toEqual(['logs-0', 'logs-2']);
});

test('differing names the containers whose files are not alike, absent ones too', () => {
  const pod = { namespace: 'ns', podUid: 'u', containers: { same: 10, longer: 20, shorter: 5, absent: 0 } };
  expect(differing(pod, { same: 10, longer: 10, shorter: 9, more: 1 })).toEqual(['longer', 'shorter', 'absent']);
});
