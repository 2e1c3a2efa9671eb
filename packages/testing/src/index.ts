export { busContract, type BusWorld } from './bus.contract.js';
export { eventually } from './eventually.js';
export { startTestNats, type TestNats } from './nats.js';
export { findPostgres, startTestPostgres, type TestPostgres } from './postgres.js';
export { tempDir } from './temp-dir.js';
export { oracleFiles, recordedCalls, sharedData, type GoldenCase } from './shared-data.js';
