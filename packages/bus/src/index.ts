export type {
  Broken,
  Bus,
  BusLogger,
  BusMessage,
  BusMetrics,
  ConsumeOptions,
  FollowOptions,
  RpcHandler,
  StreamState,
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
  STREAMS,
  logsConsumer,
  podDeletionsConsumer,
  type ConsumerSpec,
  type StreamSpec,
} from './streams.js';
export {
  BUS_SERVICES,
  inboxPrefixOf,
  passwordVariable,
  rightsOf,
  streamsOf,
  userConfig,
  usersConfig,
  type BusRights,
  type BusService,
} from './users.js';
export { type RetryPolicy, type Verdict } from './verdict.js';
