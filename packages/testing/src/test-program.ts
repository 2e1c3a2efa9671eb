// A TypeScript program of a test, made into one file, so that it runs as a process of its own and can be killed.

import { rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build, type PluginBuild } from 'esbuild';

export interface TestProgram {
  /** What `node` starts. */
  path: string;
  remove(): void;
}

/** Below node_modules, so that npm packages, which stay imported, are found. */
const FOLDER = join(import.meta.dirname, '../../../node_modules/.cache/slipway');

/** `entry` is the path of a `.ts` file. */
export async function buildTestProgram(entry: string): Promise<TestProgram> {
  const path = join(FOLDER, `${basename(entry, '.ts')}-${process.pid}.mjs`);
  const plugins = [{ name: 'npm-stays-imported', setup: npmStaysImported }];
  await build({ entryPoints: [entry], outfile: path, bundle: true, format: 'esm', platform: 'node', plugins });
  return { path, remove: () => rmSync(path, { force: true }) };
}

function npmStaysImported(bundle: PluginBuild): void {
  bundle.onResolve({ filter: /^[^./]/ }, ({ path, kind }) =>
    kind === 'entry-point' || path.startsWith('@slipway/') ? undefined : { path, external: true },
  );
}
