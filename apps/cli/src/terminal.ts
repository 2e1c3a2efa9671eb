// Standard output and error as the commands see them: what may be drawn, and how wide.

import type { CliConfig } from './config.js';
import { EXIT } from './exit-code.js';

export interface Terminal {
  /** Something redraws itself here; otherwise only whole lines, one after another. */
  draws: boolean;
  colors: boolean;
  columns(): number;
  rows(): number;
  out(text: string): void;
  err(text: string): void;
  stdin: NodeJS.ReadStream;
}

export function processTerminal(config: CliConfig): Terminal {
  const { stdout, stderr, stdin } = process;
  // A reader that went away (| head) ends the command, without a stack; what a run came to is not known then.
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(EXIT.unread);
    throw error;
  });
  return {
    draws: stdout.isTTY && config.mayDraw,
    colors: stdout.isTTY && config.mayColor,
    columns: () => stdout.columns || 80, // some terminals say 0
    rows: () => stdout.rows || 24,
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    stdin,
  };
}

const CODES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const;
export type Style = keyof typeof CODES;
export type Paint = (style: Style, text: string) => string;

export function painter(colors: boolean): Paint {
  return (style, text) => (colors && text !== '' ? `\x1b[${CODES[style]}m${text}\x1b[0m` : text);
}
