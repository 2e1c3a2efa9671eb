import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CliConfig } from '../config.js';
import { EXIT } from '../exit-code.js';
import type { Terminal } from '../terminal.js';

export async function version(config: CliConfig, terminal: Terminal): Promise<number> {
  const { version: number } = JSON.parse(await readFile(join(config.home, 'package.json'), 'utf8')) as {
    version: string;
  };
  terminal.out(`slipway ${number} (Node.js ${process.versions.node}, ${process.platform} ${process.arch})\n`);
  return EXIT.succeeded;
}
