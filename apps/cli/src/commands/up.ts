import type { CliConfig } from '../config.js';
import { startEmbedded } from '../platform/embedded.js';
import type { Terminal } from '../terminal.js';

export async function up(_options: unknown, _config: CliConfig, _terminal: Terminal): Promise<number> {
  await startEmbedded();
  return 0;
}
