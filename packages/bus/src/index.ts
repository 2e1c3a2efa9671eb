export type {
  Broken,
  Bus,
  BusLogger,
  BusMessage,
  BusMetrics,
  ConsumeOptions,
  FollowOptions,
  RpcHandler,
  Subscription,
} from './bus.js';
export { connectBus, type ConnectBusOptions } from './connect-bus.js';
export { decodePayload, encodePayload } from './packet.js';
export { RpcErrorFilter, rpcServer } from './rpc-server.js';
export { settleOne } from './settle.js';
export {
  CHANGES,
  CONSUMERS,
  DEAD,
  DUPLICATE_WINDOW_MS,
  LOGS,
  LOGS_CONSUMER,
  POD_DELETIONS_CONSUMER,
  STREAMS,
  type ConsumerSpec,
  type StreamSpec,
} from './streams.js';
export { type RetryPolicy, type Verdict } from './verdict.js';
