import { LOGS_RPC, SlipwayError, type ReadLogReply, type ReadLogRequest } from '@slipway/contracts';
import { memoryBus } from '@slipway/testing';
import { busLogs } from '../src/io/logs.js';

const question: ReadLogRequest = { namespace: 'ns', podUid: 'u', container: 'c', from: 3, waitMs: 15_000 };
const reply: ReadLogReply = { lines: [], next: 3, end: true };

test('a question that one replica leaves open is answered by another, long before its time is over', async () => {
  const bus = memoryBus();
  const asked: ReadLogRequest[] = [];
  const silent = { asked: 0 };
  await bus.serve(LOGS_RPC.read, 'logs', () => {
    silent.asked++;
    return new Promise(() => undefined); // stopped, or killed while it waited for lines
  });
  await bus.serve(LOGS_RPC.read, 'logs', (data) => {
    asked.push(data as ReadLogRequest);
    return Promise.resolve(reply);
  });
  const logs = busLogs(bus);
  while (silent.asked < 2) expect(await logs.read(question)).toEqual(reply);
  for (const { from, waitMs } of asked) {
    expect(from).toBe(3);
    expect(waitMs).toBeLessThanOrEqual(15_000);
  }
});

test('what a replica refuses is not asked again, and where nobody answers it is said at once', async () => {
  const bus = memoryBus();
  await expect(busLogs(bus).read(question)).rejects.toMatchObject({ kind: 'transient', reason: 'LogsUnavailable' });
  let asked = 0;
  await bus.serve(LOGS_RPC.read, 'logs', () => {
    asked++;
    return Promise.reject(new SlipwayError('invalid', 'BadTime', 'no time'));
  });
  await expect(busLogs(bus).read(question)).rejects.toMatchObject({ kind: 'invalid', reason: 'BadTime' });
  expect(asked).toBe(1);
});
