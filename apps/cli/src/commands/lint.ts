import { EXIT } from '../exit-code.js';
import { lintObjects } from '../input/lint.js';
import { readSources } from '../input/sources.js';
import { safeLine } from '../core/escapes.js';
import type { Terminal } from '../terminal.js';

export interface LintOptions {
  /** Also what stands in quotes, which a hostile value can end. */
  strict?: boolean;
}

/** `slipway lint FILE…`: names what works and is dangerous all the same; exits 1 when there is something. */
export async function lint(paths: string[], options: LintOptions, terminal: Terminal): Promise<number> {
  const found = lintObjects(await readSources(paths, terminal.stdin));
  const shown = options.strict === true ? found : found.filter(({ quoting }) => quoting === 'none');
  for (const { text } of shown) terminal.out(`${safeLine(text, false)}\n`);
  return shown.length === 0 ? EXIT.succeeded : EXIT.failed;
}
