// Log lines are bytes of strangers: a terminal must not obey them.

const SEQUENCES =
  /\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]P^_X][^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c|$)|\x1b[ -/]*[0-~]?|[\x80-\x9f]/g;
const COLOR = /^\x1b\[[0-9;:]*m$/;
const CONTROLS = /[\x00-\x08\x0a-\x1a\x1c-\x1f\x7f]/g;
const RESET = '\x1b[0m';

/**
 * A line without anything that moves the cursor, renames the window, rings or hides: what is left is text and, where
 * wanted, colours, which end with the line. Of a line that was drawn over with carriage returns, the last drawing is left.
 */
export function safeLine(line: string, keepColors: boolean): string {
  let colored = false;
  const text = lastDrawing(line)
    .replace(SEQUENCES, (sequence) => {
      if (!keepColors || !COLOR.test(sequence)) return '';
      colored = true;
      return sequence;
    })
    .replace(CONTROLS, '');
  return colored ? text + RESET : text;
}

function lastDrawing(line: string): string {
  const trimmed = line.replace(/\r+$/, '');
  return trimmed.slice(trimmed.lastIndexOf('\r') + 1);
}
