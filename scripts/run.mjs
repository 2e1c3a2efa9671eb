// Runs a TypeScript program of this repository: `node scripts/run.mjs PROGRAM.ts [ARG…]`.
// esbuild bundles it first, so nothing has to be built before.
import { mkdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { npmStaysImported } from './npm-stays-imported.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const [program, ...args] = process.argv.slice(2);
if (program === undefined) {
  console.error('usage: node scripts/run.mjs PROGRAM.ts [ARG…]');
  process.exit(2);
}
const outdir = join(root, 'node_modules', '.cache', 'run', String(process.pid));
mkdirSync(outdir, { recursive: true });
process.on('exit', () => rmSync(outdir, { recursive: true, force: true }));
await build({
  entryPoints: [program],
  outdir,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  sourcemap: 'inline',
  logLevel: 'warning',
  outExtension: { '.js': '.mjs' },
  tsconfig: join(root, 'tsconfig.json'),
  plugins: [npmStaysImported],
});
process.argv = [process.argv[0], program, ...args];
await import(pathToFileURL(join(outdir, `${basename(program, '.ts')}.mjs`)).href);
