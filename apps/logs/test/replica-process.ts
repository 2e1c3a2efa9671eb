// A replica of the service as a process of its own, less patient than in production.

import type { StreamSpec } from '@slipway/bus';
import { runService } from '@slipway/service';
import type { LogsConfig } from '../src/config.js';
import type { ReplicaPace } from '../src/logs.module.js';
import { startLogs } from '../src/start.js';

const { config, streams, pace } = JSON.parse(process.argv[2]!) as {
  config: LogsConfig;
  streams: StreamSpec[];
  pace: ReplicaPace;
};
await runService(() => startLogs(config, { streams, pace }));
