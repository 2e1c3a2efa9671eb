import { runService } from '@slipway/service';
import { loadConfig } from './config.js';
import { startLogs } from './start.js';

await runService(() => startLogs(loadConfig(process.env)));
