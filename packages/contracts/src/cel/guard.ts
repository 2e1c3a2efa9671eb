// CEL in guards: `when: [{cel: "'$(params.path)' == 'README.md'"}]`.

import { substitute, type Replacements } from '../substitution.js';
import { celTypeOf } from './checker.js';
import { evaluateCel } from './evaluate.js';
import { celLiteralAt } from './lexer.js';
import { CelError, type CelNode } from './node.js';
import { parseCel } from './parser.js';

/**
 * The tree of a guard's expression: it parses, its types fit, and it says yes or no.
 *
 * Errors  CelError, in cel-go's words.
 */
export function compileGuard(text: string): CelNode {
  const node = parseCel(text);
  const type = celTypeOf(node);
  if (type !== 'bool' && type !== 'dyn') throw new CelError(`The CEL expression ${text} is not evaluated to a boolean`);
  return node;
}

/** Whether the expression holds. Throws CelError when it cannot be told. */
export function evaluateGuard(text: string): boolean {
  const value = evaluateCel(compileGuard(text));
  if (typeof value !== 'boolean') throw new CelError(`The CEL expression ${text} is not evaluated to a boolean`);
  return value;
}

/**
 * Replaces variables in an expression, inside of quotes only. A value is escaped: whatever it holds, it stays text and
 * cannot end its literal, so the expression is the one that its author wrote and admission has checked.
 */
export function substituteCel(text: string, { strings }: Pick<Replacements, 'strings'>): string {
  if (!text.includes('$(')) return text;
  let done = '';
  for (let at = 0; at < text.length;) {
    const literal = startsLiteral(text, at) ? celLiteralAt(text, at) : undefined;
    const end = literal === undefined ? endOfPlain(text, at) : literal.end + literal.quote.length;
    done += literal === undefined ? text.slice(at, end) : substitutedLiteral(text.slice(at, end), literal, at, strings);
    at = end;
  }
  return done;
}

/** One character, or a remark to its end: quotes in there open nothing. */
function endOfPlain(text: string, at: number): number {
  if (!text.startsWith('//', at)) return at + 1;
  const lineEnd = text.indexOf('\n', at);
  return lineEnd < 0 ? text.length : lineEnd;
}

/** A quote, or the `r` of a raw literal, that does not end a word. */
function startsLiteral(text: string, at: number): boolean {
  const char = text[at]!;
  if (char === '"' || char === "'") return true;
  return (char === 'r' || char === 'R') && !/\w/.test(text[at - 1] ?? ' ');
}

/** A raw literal cannot hold every value, so one with a variable becomes an ordinary one. */
function substitutedLiteral(
  whole: string,
  { quote, raw, start, end }: NonNullable<ReturnType<typeof celLiteralAt>>,
  at: number,
  strings: Replacements['strings'],
): string {
  const inside = whole.slice(start - at, end - at);
  const values = {
    get(name: string): string | undefined {
      const value = strings.get(name);
      return value === undefined ? undefined : escaped(value, quote);
    },
  };
  const replaced = substitute(inside, { strings: values });
  if (replaced === inside) return whole;
  return raw ? quote + substitute(escaped(inside, quote), { strings: values }) + quote : quote + replaced + quote;
}

function escaped(text: string, quote: string): string {
  return text.replace(/[\\'"\n\r]/g, (char) => {
    if (char === '\n') return '\\n';
    if (char === '\r') return '\\r';
    return char === '\\' || char === quote[0] ? `\\${char}` : char;
  });
}
