// `npm run verify`: what has to hold before a change goes in. Everything is tried, also after a failure.

import { spawnSync } from 'node:child_process';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensurePackages } from './setup.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const STEPS = ['check:format', 'typecheck', 'lint', 'check:deps', 'test'];

try {
  await ensurePackages(root);
} catch (error) {
  console.error(`slipway: ${error.message}`);
  process.exit(2);
}
const failed = STEPS.filter((step) => {
  console.log(`\n> ${step}`);
  return spawnSync('npm', ['run', '--silent', step], { cwd: root, stdio: 'inherit' }).status !== 0;
});
console.log(failed.length === 0 ? '\nverify: everything holds' : `\nverify: ${failed.join(', ')} failed`);
process.exit(failed.length === 0 ? 0 : 1);
