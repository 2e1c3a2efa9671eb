// How deep a YAML text is nested, found without recursion: composing it takes stack for each level, and V8 ends the process
// when it runs out of that at a bad moment.

import { Lexer } from 'yaml';

/**
 * Whether the text may be nested deeper than the limit.
 *
 * A bound, not the depth: each level takes a bracket, a space of indentation, or one of `- ? :` in its line. Scalars are
 * one token, so that a script full of brackets counts nothing.
 */
export function mayBeDeeperThan(limit: number, text: string): boolean {
  let flow = 0;
  let line = 0;
  let isIndentation = true;
  for (const token of new Lexer().lex(text)) {
    if (token === '[' || token === '{') flow++;
    else if (token === ']' || token === '}') flow--;
    else if (token === '-' || token === '?' || token === ':') line++;
    else if (isIndentation && token.startsWith(' ')) line += token.length;
    isIndentation = token.endsWith('\n');
    if (isIndentation) line = 0;
    if (flow + line > limit) return true;
  }
  return false;
}
