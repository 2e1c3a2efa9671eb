// Bundles one app: its own source and the workspace packages it uses, in dist/; npm packages stay imports.
// Programs for containers (src/steps/*.ts) become one executable file each. Run by turbo in the app's folder.
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { build } from 'esbuild';

const npmStaysImported = {
  name: 'npm-stays-imported',
  setup({ onResolve }) {
    onResolve({ filter: /^[^./]/ }, ({ path, kind }) =>
      kind === 'entry-point' || path.startsWith('@slipway/') ? undefined : { path, external: true },
    );
  },
};

const common = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  logLevel: 'warning',
  tsconfig: '../../tsconfig.json',
};

rmSync('dist', { recursive: true, force: true }); // chunks of earlier builds have other names
await build({
  ...common,
  entryPoints: ['src/main.ts'],
  outdir: 'dist',
  splitting: true,
  format: 'esm',
  sourcemap: true,
  plugins: [npmStaysImported],
});

// CommonJS, because Node takes a file without extension for that.
const steps = existsSync('src/steps') ? readdirSync('src/steps').filter((name) => /^[^.]+\.ts$/.test(name)) : [];
await build({
  ...common,
  entryPoints: steps.map((name) => `src/steps/${name}`),
  outdir: 'dist/steps',
  format: 'cjs',
  outExtension: { '.js': '.cjs' },
  banner: { js: '#!/ko-app/node' },
});
