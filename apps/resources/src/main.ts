import { runService } from '@slipway/service';
import { loadConfig } from './config.js';
import { startResources } from './start.js';

await runService(() => startResources(loadConfig(process.env)));
