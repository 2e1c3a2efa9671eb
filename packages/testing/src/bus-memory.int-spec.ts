import { busContract } from './bus.contract.js';
import { MemoryBroker } from './memory-broker.js';
import { memoryBus } from './memory-bus.js';

busContract('in memory', () => {
  const broker = new MemoryBroker();
  return Promise.resolve({
    connect: () => Promise.resolve(memoryBus(broker)),
    kill: () => Promise.resolve(broker.kill()),
    start: () => Promise.resolve(broker.start()),
    wipe: () => Promise.resolve(broker.wipe()),
    close: () => Promise.resolve(),
  });
});
