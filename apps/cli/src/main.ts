// slipway: run, up, logs, describe, graph, lint, cancel, version. Each command is loaded when it is called.
import { fileURLToPath } from 'node:url';
import { loadConfig } from './config.js';
import { runProgram } from './program.js';
import { processTerminal } from './terminal.js';

async function main(): Promise<void> {
  const config = loadConfig(process.env, fileURLToPath(new URL('../../..', import.meta.url)));
  const code = await runProgram(process.argv, config, processTerminal(config));
  if (process.stdout.writableLength > 0) await new Promise((resolve) => process.stdout.write('', resolve));
  // What a platform in this process still holds open must not keep a finished command alive.
  process.exit(code);
}

// No await at the top: this file is bundled as CommonJS, whose compiled code Node can keep (scripts/launch.mjs).
void main();
