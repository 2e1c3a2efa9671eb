import { connectBus } from '@slipway/bus';
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
