import { runService } from '@slipway/service';
import { loadConfig } from './config.js';
import { startScheduler } from './start.js';

await runService(() => startScheduler(loadConfig(process.env)));
