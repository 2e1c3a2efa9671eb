// The mirror cache of a node as a process of its own, for a test that kills it: FOLDER. Prints a line when its door is open.

import { NetworkGuard } from '@slipway/guarded-http';
import { Metrics, createLogger } from '@slipway/service';
import { startGitMirror } from '../src/io/git-mirror/start.js';

await startGitMirror(
  {
    gitMirror: { folder: process.argv[2]!, maxBytes: 1 << 30 },
    gitConfig: [],
    remote: { mirrors: [], programPath: process.env['PATH']! } as never,
  },
  {
    guard: new NetworkGuard(['127.0.0.1']),
    logger: createLogger('test', 'fatal'),
    metrics: new Metrics('test', { process: false }),
  },
);
process.stdout.write('open\n');
