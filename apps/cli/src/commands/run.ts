import type { CliConfig } from '../config.js';
import { EXIT } from '../exit-code.js';
import { readSources } from '../input/sources.js';
import type { Terminal } from '../terminal.js';

export async function run(paths: string[], _options: unknown, _config: CliConfig, terminal: Terminal): Promise<number> {
  const objects = await readSources(paths, terminal.stdin);
  terminal.out(`${objects.length} objects\n`);
  return EXIT.succeeded;
}
