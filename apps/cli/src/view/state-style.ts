import type { RowState } from '../core/run-rows.js';
import type { PaintState } from '../core/tree-text.js';
import { painter, type Style } from '../terminal.js';

const STYLES: Record<RowState | 'dim', Style> = {
  waiting: 'dim',
  running: 'cyan',
  succeeded: 'green',
  failed: 'red',
  cancelled: 'yellow',
  skipped: 'dim',
  dim: 'dim',
};

/** Paints texts in the color of what they tell; leaves them as they are without colors. */
export function statePainter(colors: boolean): PaintState {
  const paint = painter(colors);
  return (state, text) => paint(STYLES[state], text);
}
