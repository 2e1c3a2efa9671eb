// The program `/ko-app/pullrequest-init`.

import { pullRequestInit } from './pull-request/program.js';

async function main({ argv, env, stdout }: typeof process): Promise<void> {
  process.exitCode = await pullRequestInit(argv.slice(2), env['MIRRORS'] ?? '', (words) => stdout.write(words));
}

void main(process);
