// `npm run bench [-- --only TEXT] [--write]`: measures the figures of docs/benchmarks.md, each beside its bar.

import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { cluster } from './cluster.js';
import { gitSource } from './git-source.js';
import { buildHandover, handover } from './handover.js';
import { idle } from './idle.js';
import { decision, matrixDecision, substitution, validation } from './language.js';
import { largeRun } from './large-run.js';
import { oneStepBuild, oneStepRun, startToExit } from './latency.js';
import { table, type Row } from './measure.js';
import { withMeasured } from './measured-block.js';
import { root, withPlatform } from './platform.js';
import { burst, coldList, fill } from './throughput.js';

const { values } = parseArgs({
  options: { only: { type: 'string', default: '' }, write: { type: 'boolean', default: false } },
});
const OBJECTS = 20_000;

const measurements: Record<string, () => Promise<Row[]>> = {
  latency: () => withPlatform([], async (client) => [...(await handover(client)), await oneStepRun(client)]),
  build: () => withPlatform([], async (client) => [await oneStepBuild(client), await buildHandover(client)]),
  start: async () => Promise.resolve([startToExit()]),
  throughput: () => withPlatform(['--runtime', 'faked'], (client) => burst(client)),
  'run-1k': () => withPlatform(['--runtime', 'faked'], async (client) => [await largeRun(client, 1_000, 6_000)]),
  'run-10k': () => withPlatform(['--runtime', 'faked'], async (client) => [await largeRun(client, 10_000, 60_000)]),
  'git-source': async () => [await gitSource()],
  validation: () => Promise.resolve([validation()]),
  decision: () => Promise.resolve([decision(), matrixDecision()]),
  substitution: () => Promise.resolve([substitution()]),
  list: () =>
    withPlatform(['--runtime', 'faked'], async (client, platform) => {
      await fill(client, OBJECTS);
      await platform.restart();
      return [await coldList(client, OBJECTS)];
    }),
  idle: () => withPlatform([], async (_client, platform) => [await idle(platform.pid)]),
};

/** Measured where they are asked for by name: not every machine has a cluster. */
const ON_REQUEST: Record<string, () => Promise<Row[]>> = { kubernetes: cluster };

const rows: Row[] = [];
const onRequest = ON_REQUEST[values.only] !== undefined;
for (const [name, measure] of Object.entries(onRequest ? ON_REQUEST : measurements)) {
  if (!name.includes(values.only)) continue;
  console.error(`measuring ${name} …`);
  rows.push(...(await measure()));
}
console.log(table(rows));

if (values.write) {
  const file = resolve(root, 'docs/benchmarks.md');
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}, Node.js ${process.versions.node}`;
  const mark = onRequest ? `measured: ${values.only}` : 'measured';
  const measurement = { rows, machine, day: new Date().toISOString().slice(0, 10) };
  const isPart = !onRequest && values.only !== '';
  writeFileSync(file, withMeasured(readFileSync(file, 'utf8'), mark, measurement, isPart));
}
process.exit(0);
