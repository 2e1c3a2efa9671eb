// `node scripts/run-ts.mjs FILE [ARGUMENTS]`: runs a TypeScript program of this repository (benchmarks, conformance) from a
// fresh clone too. Workspace packages are bundled in, npm packages stay imports.

import { mkdirSync, rmSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { setUp } from './setup.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const file = resolve(root, process.argv[2] ?? '');

try {
  await setUp(root, { platform: true });
} catch (error) {
  console.error(`slipway: ${error.message}`);
  process.exit(2);
}
const { build } = await import('esbuild');
// Below node_modules, so that the npm packages which stay imports are found.
const folder = join(root, 'node_modules/.cache/slipway');
mkdirSync(folder, { recursive: true });
const outfile = join(folder, `${basename(dirname(file))}-${basename(file, '.ts')}-${process.pid}.mjs`);
await build({
  entryPoints: [file],
  outfile,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  sourcemap: 'inline',
  logLevel: 'warning',
  tsconfig: join(root, 'tsconfig.json'),
  plugins: [
    {
      name: 'npm-stays-imported',
      setup({ onResolve }) {
        onResolve({ filter: /^[^./]/ }, ({ path, kind }) =>
          kind === 'entry-point' || path.startsWith('@slipway/') ? undefined : { path, external: true },
        );
      },
    },
  ],
});
process.once('exit', () => rmSync(outfile, { force: true }));
process.argv.splice(1, 2, file);
await import(pathToFileURL(outfile).href);
