// Bundles one app: its own source and the workspace packages it uses, in dist/; npm packages stay imports.
// Run by turbo in the app's folder.
import { build } from 'esbuild';
import { npmStaysImported } from './npm-stays-imported.mjs';

await build({
  entryPoints: ['src/main.ts'],
  outdir: 'dist',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  sourcemap: true,
  logLevel: 'warning',
  tsconfig: '../../tsconfig.json',
  plugins: [npmStaysImported],
});
