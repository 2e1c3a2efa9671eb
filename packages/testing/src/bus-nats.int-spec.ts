import { LOGS, connectBus } from '@slipway/bus';
import { busContract } from './bus.contract.js';
import { startTestNats } from './nats.js';

busContract('nats-server', async () => {
  const nats = await startTestNats();
  return {
    connect: () => connectBus({ url: nats.url, name: 'contract' }),
    kill: () => nats.kill(),
    start: () => nats.start(),
    wipe: () => nats.wipe(),
    close: () => nats.close(),
  };
});

test('a second consumer of a work queue is refused at once, instead of trying for ever', async () => {
  const nats = await startTestNats();
  const bus = await connectBus({ url: nats.url, name: 'refused' });
  const handle = (): Promise<void> => Promise.resolve();
  await bus.consume({ stream: LOGS, durable: 'first', handle });
  await expect(bus.consume({ stream: LOGS, durable: 'second', handle })).rejects.toThrow('workqueue');
  await bus.close();
  await nats.close();
}, 60_000);
