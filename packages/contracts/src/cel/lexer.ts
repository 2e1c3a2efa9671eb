// From the text of an expression to its tokens.

import { CelError } from './node.js';

export type CelToken =
  | { kind: 'identifier' | 'sign' | 'end'; text: string; at: number }
  | { kind: 'int' | 'uint' | 'double' | 'string'; text: string; at: number };

// prettier-ignore
const SIGNS = ['&&', '||', '==', '!=', '<=', '>=', '<', '>', '+', '-', '*', '/', '%', '!', '?', ':', '.', ',', '(', ')', '[', ']', '{', '}'];
const SPACE = /(?:\s|\/\/[^\n]*)+/y;
const IDENTIFIER = /[A-Za-z_]\w*/y;
const NUMBER = /0x[0-9a-fA-F]+[uU]?|(?:\d+\.\d+|\.\d+)(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\d+[uU]?/y;
const QUOTE = /([rR]?)('''|"""|'|")/y;
const ESCAPE = /\\(?:([abfnrtv\\?"'`])|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2}))/y;
const NAMED: Readonly<Record<string, string>> = { a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };

/** The tokens, an `end` last. Throws CelError at what is none. */
export function celTokens(text: string): CelToken[] {
  const tokens: CelToken[] = [];
  for (let at = skipped(text, 0); at < text.length;) {
    const [token, end] = tokenAt(text, at);
    tokens.push(token);
    at = skipped(text, end);
  }
  return [...tokens, { kind: 'end', text: '<EOF>', at: text.length }];
}

/** The quoted literal that begins at a position: where it ends, its quotes, and whether its backslashes mean themselves. */
export function celLiteralAt(
  text: string,
  at: number,
): { quote: string; raw: boolean; start: number; end: number } | undefined {
  const open = matchAt(QUOTE, text, at);
  if (open === undefined) return undefined;
  const [whole, prefix, quote] = open as unknown as [string, string, string];
  const raw = prefix !== '';
  const start = at + whole.length;
  for (let i = start; i < text.length; i++) {
    if (text.startsWith(quote, i)) return { quote, raw, start, end: i };
    if (text[i] === '\\' && !raw) i++;
    else if (text[i] === '\n' && quote.length === 1) return undefined;
  }
  return undefined;
}

function tokenAt(text: string, at: number): [CelToken, end: number] {
  const literal = celLiteralAt(text, at);
  if (literal !== undefined) {
    const inside = text.slice(literal.start, literal.end);
    const value = literal.raw ? inside : unescaped(inside, literal.start);
    return [{ kind: 'string', text: value, at }, literal.end + literal.quote.length];
  }
  const number = matchAt(NUMBER, text, at)?.[0];
  if (number !== undefined) return [numberToken(number, at), at + number.length];
  const identifier = matchAt(IDENTIFIER, text, at)?.[0];
  if (identifier !== undefined) return [{ kind: 'identifier', text: identifier, at }, at + identifier.length];
  const sign = SIGNS.find((one) => text.startsWith(one, at));
  if (sign !== undefined) return [{ kind: 'sign', text: sign, at }, at + sign.length];
  throw new CelError(`Syntax error: token recognition error at: '${text.slice(at, at + 20)}' (position ${at + 1})`);
}

function numberToken(text: string, at: number): CelToken {
  if (/[uU]$/.test(text)) return { kind: 'uint', text: String(BigInt(text.slice(0, -1))), at };
  if (/^0x/.test(text) || /^\d+$/.test(text)) return { kind: 'int', text: String(BigInt(text)), at };
  return { kind: 'double', text, at };
}

function unescaped(inside: string, offset: number): string {
  let done = '';
  for (let i = 0; i < inside.length; i++) {
    if (inside[i] !== '\\') {
      done += inside[i];
      continue;
    }
    const escape = matchAt(ESCAPE, inside, i);
    if (escape === undefined) throw new CelError(`Syntax error: unknown escape at position ${offset + i + 1}`);
    const [whole, plain, x, u, long, octal] = escape;
    const point = plain === undefined ? parseInt(x ?? u ?? long ?? octal!, octal === undefined ? 16 : 8) : 0;
    if (point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) {
      throw new CelError(`Syntax error: no such character at position ${offset + i + 1}`);
    }
    done += plain === undefined ? String.fromCodePoint(point) : (NAMED[plain] ?? plain);
    i += whole.length - 1;
  }
  return done;
}

function skipped(text: string, at: number): number {
  return at + (matchAt(SPACE, text, at)?.[0].length ?? 0);
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text) ?? undefined;
}
