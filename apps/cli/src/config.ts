// The only reader of the environment of the command line.

import { homedir } from 'node:os';
import { join } from 'node:path';

export interface CliConfig {
  /** Files of `$KUBECONFIG`, in order; empty when it is not set. */
  kubeconfigs: string[];
  /** Where `slipway up` keeps everything, unless `--data` says otherwise. */
  dataDir: string;
  /** False with `NO_COLOR`, `TERM=dumb` and `CI`. */
  mayDraw: boolean;
  mayColor: boolean;
  logLevel: string;
  /** The checkout or installation: programs for pods lie below it. */
  home: string;
}

export function loadConfig(env: Record<string, string | undefined>, home: string): CliConfig {
  const state = env['XDG_STATE_HOME'];
  const dumb = env['TERM'] === 'dumb';
  return {
    kubeconfigs: (env['KUBECONFIG'] ?? '').split(':').filter((path) => path !== ''),
    dataDir: join(state !== undefined && state !== '' ? state : join(homedir(), '.local', 'state'), 'slipway'),
    mayDraw: !dumb && (env['CI'] ?? '') === '',
    mayColor: !dumb && (env['NO_COLOR'] ?? '') === '',
    logLevel: env['LOG_LEVEL'] ?? 'warn',
    home,
  };
}
