// Bundles one app into dist/, run by turbo in the app's folder.
//
//   (default)  its own source and the workspace packages it uses, as modules; npm packages stay imports
//   --single   everything, npm packages too, as one CommonJS file: it loads in a third of the time, and its compiled
//              code can be kept between starts (scripts/launch.mjs)
//
// Programs for containers (src/steps/*.ts) become one executable file each.
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { build } from 'esbuild';

/** Brings its own binaries. */
const NEVER_BUNDLED = ['libsql'];

const npmStaysImported = {
  name: 'npm-stays-imported',
  setup({ onResolve }) {
    onResolve({ filter: /^[^./]/ }, ({ path, kind }) =>
      kind === 'entry-point' || path.startsWith('@slipway/') ? undefined : { path, external: true },
    );
  },
};

/** Packages try to load what they can do without; what is not installed stays a failing `require`. */
const missingStaysMissing = {
  name: 'missing-stays-missing',
  setup({ onResolve, resolve }) {
    onResolve({ filter: /^[^./]/ }, async ({ path, kind, importer, resolveDir, pluginData }) => {
      if (pluginData === 'asked' || kind === 'entry-point') return undefined;
      if (NEVER_BUNDLED.some((name) => path === name || path.startsWith(`${name}/`))) return { path, external: true };
      const found = await resolve(path, { kind, importer, resolveDir, pluginData: 'asked' });
      return found.errors.length > 0 ? { path, external: true } : found;
    });
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
if (process.argv.includes('--single')) {
  await build({
    ...common,
    entryPoints: ['src/main.ts'],
    outfile: 'dist/main.cjs',
    format: 'cjs',
    minifyWhitespace: true,
    keepNames: true, // Nest tells classes apart by name
    define: { 'import.meta.url': '__bundleUrl' },
    banner: { js: `const __bundleUrl = require('node:url').pathToFileURL(__filename).href;` },
    plugins: [missingStaysMissing],
  });
} else {
  await build({
    ...common,
    entryPoints: ['src/main.ts'],
    outdir: 'dist',
    splitting: true,
    format: 'esm',
    sourcemap: true,
    plugins: [npmStaysImported],
  });
}

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
