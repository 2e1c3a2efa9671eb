import type { CliConfig } from '../config.js';
import type { Terminal } from '../terminal.js';
import { startEmbedded, type Platform } from './embedded.js';

export function startEphemeral(_options: unknown, _config: CliConfig, _terminal: Terminal): Promise<Platform> {
  return startEmbedded();
}
