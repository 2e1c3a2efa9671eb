// Keys that a JSON text gives twice in one object: `JSON.parse` keeps the last and says nothing.

/** Paths of repeated keys, `spec.tasks[0].name`, each once. `text` must be valid JSON. Time and memory O(text). */
export function duplicateKeys(text: string): string[] {
  const found = new Set<string>();
  const stack: Level[] = [];
  let i = 0;
  while (i < text.length) {
    const char = text.charCodeAt(i);
    const top = stack[stack.length - 1];
    if (char === QUOTE) {
      const end = stringEnd(text, i);
      if (top?.keys !== undefined && top.expectsKey) {
        const raw = text.slice(i, end);
        const key = raw.includes('\\') ? (JSON.parse(raw) as string) : raw.slice(1, -1);
        if (top.keys.has(key)) found.add(pathOf(stack, key));
        top.keys.add(key);
        top.at = key;
        top.expectsKey = false;
      }
      i = end;
      continue;
    }
    if (char === OPEN_BRACE) stack.push({ keys: new Set(), expectsKey: true, at: '' });
    else if (char === OPEN_BRACKET) stack.push({ keys: undefined, expectsKey: false, at: 0 });
    else if (char === CLOSE_BRACE || char === CLOSE_BRACKET) stack.pop();
    else if (char === COMMA && top !== undefined) {
      if (top.keys === undefined) top.at = (top.at as number) + 1;
      else top.expectsKey = true;
    }
    i++;
  }
  return [...found];
}

interface Level {
  /** Of an object; undefined: an array. */
  keys: Set<string> | undefined;
  expectsKey: boolean;
  /** Current key or index. */
  at: string | number;
}

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const [OPEN_BRACE, CLOSE_BRACE, OPEN_BRACKET, CLOSE_BRACKET] = [0x7b, 0x7d, 0x5b, 0x5d];

/** Position after the string that begins at `start`. */
function stringEnd(text: string, start: number): number {
  let i = start + 1;
  while (i < text.length && text.charCodeAt(i) !== QUOTE) i += text.charCodeAt(i) === BACKSLASH ? 2 : 1;
  return i + 1;
}

function pathOf(stack: readonly Level[], key: string): string {
  let path = '';
  for (const level of stack.slice(0, -1)) {
    path += level.keys === undefined ? `[${level.at}]` : `${path === '' ? '' : '.'}${level.at}`;
  }
  return path === '' ? key : `${path}.${key}`;
}
