// slipway: run, up, logs, describe, graph, cancel, version. Each command is loaded when it is called.
import { fileURLToPath } from 'node:url';
import { loadConfig } from './config.js';
import { runProgram } from './program.js';
import { processTerminal } from './terminal.js';

const config = loadConfig(process.env, fileURLToPath(new URL('../../..', import.meta.url)));
const code = await runProgram(process.argv, config, processTerminal(config));
// What a platform in this process still holds open must not keep a finished command alive.
if (process.stdout.writableLength > 0) await new Promise((resolve) => process.stdout.write('', resolve));
process.exit(code);
