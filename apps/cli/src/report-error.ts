// The boundary: whatever a command throws becomes lines that say what, where and what to do, and an exit code.

import { SlipwayError, type FieldProblem } from '@slipway/contracts';
import { safeLine } from './core/escapes.js';
import { EXIT, exitCodeOf } from './exit-code.js';
import { painter, type Terminal } from './terminal.js';

export function reportError(thrown: unknown, terminal: Terminal): number {
  const paint = painter(terminal.colors);
  const error = thrown instanceof SlipwayError ? thrown : undefined;
  const message =
    error?.message ?? `slipway itself failed: ${thrown instanceof Error ? thrown.message : String(thrown)}`;
  const lines = [`${paint('red', 'error:')} ${message}`, ...(error?.problems ?? []).map(problemLine)];
  if (error?.hint !== undefined) lines.push(`${paint('yellow', 'hint:')} ${error.hint}`);
  if (error === undefined && thrown instanceof Error) lines.push(paint('dim', thrown.stack ?? ''));
  terminal.err(
    `${lines
      .flatMap((line) => line.split('\n'))
      .map((line) => safeLine(line, terminal.colors))
      .join('\n')}\n`,
  );
  return error === undefined ? EXIT.platform : exitCodeOf(error.kind);
}

function problemLine({ field, message }: FieldProblem): string {
  return field === '' ? `  ${message}` : `  ${field}: ${message}`;
}
