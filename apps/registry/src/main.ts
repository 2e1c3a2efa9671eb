import { runService } from '@slipway/service';
import { loadConfig } from './config.js';
import { startRegistry } from './start.js';

await runService(() => startRegistry(loadConfig(process.env)));
