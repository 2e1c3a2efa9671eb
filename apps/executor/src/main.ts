import { runService } from '@slipway/service';
import { loadConfig } from './config.js';
import { startExecutor } from './start.js';

await runService(() => startExecutor(loadConfig(process.env)));
