export { busContract } from './bus.contract.js';
export type { BusWorld } from './bus-world.js';
export { eventually } from './eventually.js';
export { startTestNats, type TestNats } from './nats.js';
export { findPostgres, startTestPostgres, type TestPostgres } from './postgres.js';
export { tempDir } from './temp-dir.js';
export { oracleFiles, recordedCalls, sharedData, type GoldenCase } from './shared-data.js';
export { MemoryBroker } from './memory-broker.js';
export { memoryBus } from './memory-bus.js';
