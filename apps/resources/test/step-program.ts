// A program of `src/steps`, built as it ships and run as a step runs it.

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { build } from 'esbuild';

export interface Finished {
  code: number | null;
  /** Of both streams. */
  output: string;
}

/** Builds the program into `folder`; the answer runs it. */
export async function stepProgram(
  name: string,
  folder: string,
): Promise<(args: readonly string[], env?: Record<string, string>) => Promise<Finished>> {
  const program = join(folder, `${name}.cjs`);
  const entry = join(import.meta.dirname, `../src/steps/${name}.ts`);
  await build({ entryPoints: [entry], outfile: program, bundle: true, format: 'cjs', platform: 'node' });
  return (args, env = {}) =>
    new Promise((resolve) => {
      const child = spawn(process.execPath, [program, ...args], { env: { PATH: process.env['PATH'], ...env } });
      let output = '';
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
      child.on('close', (code) => resolve({ code, output }));
    });
}
