// The program `/ko-app/gcs`.

import { gcs } from './gcs/program.js';

async function main({ argv, env, stdout }: typeof process): Promise<void> {
  process.exitCode = await gcs(argv.slice(2), env['MIRRORS'] ?? '', (words) => stdout.write(words));
}

void main(process);
