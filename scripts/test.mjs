// `npm test [-- JEST ARGUMENTS]`: the whole suite from a fresh clone with nothing done before. Installs, builds, runs jest
// and ends with one plain line for whoever reads only the end.

import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildAll, ensureTools, setUp } from './setup.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');

try {
  await ensureTools('test');
  await setUp(root, { platform: true });
  await buildAll(root); // some tests run services as processes of their own
} catch (error) {
  console.error(`slipway: ${error.message}`);
  process.exit(2);
}

const folder = mkdtempSync(join(tmpdir(), 'slipway-test-'));
const report = join(folder, 'report.json');
const given = process.argv.slice(2);
const workers = given.some((arg) => /^(-w|--maxWorkers|-i|--runInBand)/.test(arg))
  ? []
  : [`--maxWorkers=${Math.min(4, availableParallelism())}`];
const code = await new Promise((done) => {
  const jest = spawn(
    process.execPath,
    [
      ...['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'],
      ...[join(root, 'node_modules/jest/bin/jest.js'), '--json', `--outputFile=${report}`, ...workers, ...given],
    ],
    // With --json the readable output goes to standard error, and what goes to standard output is only for programs.
    { cwd: root, stdio: ['inherit', 'ignore', 1], env: { ...process.env, NODE_ENV: 'test' } },
  );
  jest.once('exit', (status, signal) => done(status ?? (signal === 'SIGINT' ? 130 : 1)));
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => jest.kill(signal));
});
try {
  const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites } = JSON.parse(readFileSync(report, 'utf8'));
  console.log(`${numPassedTests} passed, ${numFailedTests + numRuntimeErrorTestSuites} failed`);
} catch {
  console.log('0 passed, 1 failed'); // jest itself did not get to its end
}
rmSync(folder, { recursive: true, force: true });
process.exit(code);
