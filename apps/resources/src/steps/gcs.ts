// The program `/ko-app/gcs`.

import { writeFileSync } from 'node:fs';
import { failureEntries, type ToldFailure } from '@slipway/contracts';
import { gcs } from './gcs/program.js';

const TERMINATION_MESSAGE = '/tekton/termination';

async function main({ argv, env, stdout }: typeof process): Promise<void> {
  const print = (words: string): boolean => stdout.write(words);
  process.exitCode = await gcs(argv.slice(2), env['MIRRORS'] ?? '', print, tell);
}

/** Best effort: the log says it, too. */
function tell(failure: ToldFailure): void {
  try {
    writeFileSync(TERMINATION_MESSAGE, JSON.stringify(failureEntries(failure)));
  } catch {
    // A step of somebody's own has no such file.
  }
}

void main(process);
