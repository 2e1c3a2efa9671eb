import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Metrics } from './metrics.js';
import { VERSION } from './version.js';

test('VERSION is that of package.json', () => {
  const text = readFileSync(join(import.meta.dirname, '../../../package.json'), 'utf8');
  expect(VERSION).toBe((JSON.parse(text) as { version: string }).version);
});

test('the metrics of every service say which release it is', async () => {
  expect(await new Metrics('logs').render()).toContain(
    `slipway_build_info{version="${VERSION}",node="${process.versions.node}",service="logs"} 1`,
  );
});
