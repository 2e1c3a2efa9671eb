// Patterns of `matches`, in RE2's syntax: a small program that looks at every character once, whatever the pattern is.
//
// Left out of RE2: Unicode classes (`\pL`), flags inside the pattern but `(?i)` at its start, and what matches differently
// only for captures.

import { CelError } from './node.js';

/** One step of a match; numbers are positions in the program. The last is `match`. */
export type CelInstruction =
  /** Any character in one of the ranges: from, to, from, to, … */
  | { op: 'any'; ranges: number[] }
  | { op: 'split'; to: [number, number] }
  | { op: 'jump'; to: [number] }
  | { op: 'at'; edge: 'start' | 'end' | 'word' | 'inside' }
  | { op: 'match' };

const MAX_INSTRUCTIONS = 2000;
const MAX_REPEAT = 1000;
const MAX_NESTING = 100;
const LAST = 0x10ffff;
const DIGIT = [48, 57];
const WORD = [48, 57, 65, 90, 95, 95, 97, 122];
const WHITE = [9, 10, 12, 13, 32, 32];
// prettier-ignore
const POSIX: Readonly<Record<string, number[]>> = {
  alpha: [65, 90, 97, 122], digit: DIGIT, alnum: [48, 57, 65, 90, 97, 122], upper: [65, 90], lower: [97, 122], word: WORD,
  space: [9, 13, 32, 32], punct: [33, 47, 58, 64, 91, 96, 123, 126], xdigit: [48, 57, 65, 70, 97, 102], blank: [9, 9, 32, 32],
};
const CONTROL: Readonly<Record<string, number>> = { a: 7, f: 12, t: 9, n: 10, r: 13, v: 11 };

type Tree =
  | { op: 'any'; ranges: number[] }
  | { op: 'at'; edge: 'start' | 'end' | 'word' | 'inside' }
  | { op: 'row' | 'either'; of: Tree[] }
  | { op: 'repeat'; of: Tree; min: number; max: number };

/** The program of a pattern. Throws CelError when it is none, or beyond what is served here. */
export function compilePattern(pattern: string): CelInstruction[] {
  const ignoresCase = pattern.startsWith('(?i)');
  const tree = new PatternParser([...(ignoresCase ? pattern.slice(4) : pattern)], ignoresCase).whole();
  const program: CelInstruction[] = [];
  emit(tree, program);
  program.push({ op: 'match' });
  return program;
}

/** Whether the pattern matches anywhere in the text. `spend` is told of the work, and throws when it is too much. */
export function patternMatches(
  program: readonly CelInstruction[],
  text: string,
  spend: (work: number) => void,
): boolean {
  const points = [...text].map((char) => char.codePointAt(0)!);
  let current = new Set<number>();
  for (let at = 0; at <= points.length; at++) {
    spend(1 + program.length / 16);
    if (follow(program, current, 0, points, at)) return true; // a match may begin at every character
    const next = new Set<number>();
    for (const position of current) {
      const step = program[position]!;
      if (at < points.length && step.op === 'any' && includes(step.ranges, points[at]!)) {
        if (follow(program, next, position + 1, points, at + 1)) return true;
      }
    }
    current = next;
  }
  return false;
}

/** Adds every position that is reached without a character. True at the end of the program. */
function follow(
  program: readonly CelInstruction[],
  into: Set<number>,
  from: number,
  points: readonly number[],
  at: number,
): boolean {
  const open = [from];
  for (let position = open.pop(); position !== undefined; position = open.pop()) {
    if (into.has(position)) continue;
    into.add(position);
    const step = program[position]!;
    if (step.op === 'match') return true;
    if (step.op === 'split' || step.op === 'jump') open.push(...step.to);
    else if (step.op === 'at' && isAt(step.edge, points, at)) open.push(position + 1);
  }
  return false;
}

function isAt(edge: 'start' | 'end' | 'word' | 'inside', points: readonly number[], at: number): boolean {
  if (edge === 'start') return at === 0;
  if (edge === 'end') return at === points.length;
  const isWord = (point: number | undefined): boolean => point !== undefined && includes(WORD, point);
  return (isWord(points[at - 1]) !== isWord(points[at])) === (edge === 'word');
}

function includes(ranges: readonly number[], point: number): boolean {
  for (let i = 0; i < ranges.length; i += 2) if (point >= ranges[i]! && point <= ranges[i + 1]!) return true;
  return false;
}

function emit(tree: Tree, program: CelInstruction[]): void {
  if (program.length > MAX_INSTRUCTIONS) throw problem('expression too large');
  switch (tree.op) {
    case 'any':
    case 'at':
      program.push(tree);
      return;
    case 'row':
      for (const part of tree.of) emit(part, program);
      return;
    case 'either':
      return emitEither(tree.of, program);
    case 'repeat':
      return emitRepeat(tree, program);
  }
}

function emitEither([first, ...rest]: readonly Tree[], program: CelInstruction[]): void {
  if (rest.length === 0) return emit(first!, program);
  const split: CelInstruction = { op: 'split', to: [program.length + 1, 0] };
  program.push(split);
  emit(first!, program);
  const jump: CelInstruction = { op: 'jump', to: [0] };
  program.push(jump);
  split.to[1] = program.length;
  emitEither(rest, program);
  jump.to[0] = program.length;
}

function emitRepeat({ of, min, max }: Tree & { op: 'repeat' }, program: CelInstruction[]): void {
  for (let i = 0; i < min; i++) emit(of, program);
  if (max === Infinity) {
    const start = program.length;
    const split: CelInstruction = { op: 'split', to: [start + 1, 0] };
    program.push(split);
    emit(of, program);
    program.push({ op: 'jump', to: [start] });
    split.to[1] = program.length;
    return;
  }
  const splits: (CelInstruction & { op: 'split' })[] = [];
  for (let i = min; i < max; i++) {
    const split: CelInstruction & { op: 'split' } = { op: 'split', to: [program.length + 1, 0] };
    splits.push(split);
    program.push(split);
    emit(of, program);
  }
  for (const split of splits) split.to[1] = program.length;
}

class PatternParser {
  #at = 0;
  #nesting = 0;

  constructor(
    private readonly chars: readonly string[],
    private readonly ignoresCase: boolean,
  ) {}

  whole(): Tree {
    const tree = this.#either();
    if (this.#at < this.chars.length) throw problem('unexpected )');
    return tree;
  }

  #either(): Tree {
    if (++this.#nesting > MAX_NESTING) throw problem('expression nests too deeply');
    const of = [this.#row()];
    while (this.#takes('|')) of.push(this.#row());
    if (of.length > MAX_NESTING) throw problem('expression too large');
    this.#nesting--;
    return { op: 'either', of };
  }

  #row(): Tree {
    const of: Tree[] = [];
    while (this.#at < this.chars.length && !['|', ')'].includes(this.#char)) of.push(this.#repeated());
    return { op: 'row', of };
  }

  #repeated(): Tree {
    let tree = this.#one();
    for (let count = 0; ; count++) {
      const bounds = this.#bounds();
      if (bounds === undefined) return tree;
      if (count > 0) throw problem('invalid nested repetition operator');
      this.#takes('?'); // a lazy match is a match
      tree = { op: 'repeat', of: tree, ...bounds };
    }
  }

  #bounds(): { min: number; max: number } | undefined {
    if (this.#takes('*')) return { min: 0, max: Infinity };
    if (this.#takes('+')) return { min: 1, max: Infinity };
    if (this.#takes('?')) return { min: 0, max: 1 };
    const match = /^\{(\d{1,4})(?:(,)(\d{1,4})?)?\}/.exec(this.chars.slice(this.#at, this.#at + 12).join(''));
    if (match === null) return undefined;
    this.#at += match[0].length;
    const min = Number(match[1]);
    const max = match[3] === undefined ? (match[2] === undefined ? min : Infinity) : Number(match[3]);
    if (max < min || min > MAX_REPEAT || (max !== Infinity && max > MAX_REPEAT)) throw problem('invalid repeat count');
    return { min, max };
  }

  #one(): Tree {
    const char = this.#advance();
    switch (char) {
      case '(':
        return this.#group();
      case '[':
        return this.#class();
      case '.':
        return { op: 'any', ranges: [0, 9, 11, LAST] };
      case '^':
        return { op: 'at', edge: 'start' };
      case '$':
        return { op: 'at', edge: 'end' };
      case '*':
      case '+':
      case '?':
        throw problem(`missing argument to repetition operator: \`${char}\``);
      case '\\':
        return this.#escape();
      default:
        return this.#literal(char);
    }
  }

  #group(): Tree {
    if (this.#takes('?')) {
      const rest = this.chars.slice(this.#at, this.#at + 80).join('');
      const kind = /^(?::|P?<[A-Za-z_]\w*>)/.exec(rest)?.[0];
      if (kind === undefined) throw problem(`unsupported group: \`(?${rest.slice(0, 3)}\``);
      this.#at += kind.length;
    }
    const tree = this.#either();
    if (!this.#takes(')')) throw problem('missing closing )');
    return tree;
  }

  #escape(): Tree {
    const char = this.#advance();
    if (char === 'b' || char === 'B') return { op: 'at', edge: char === 'b' ? 'word' : 'inside' };
    if (char === 'A' || char === 'z') return { op: 'at', edge: char === 'A' ? 'start' : 'end' };
    const ranges = perlClass(char);
    return ranges === undefined ? this.#literal(this.#escaped(char)) : { op: 'any', ranges };
  }

  /** The character that an escape stands for. */
  #escaped(char: string): string {
    if (char === 'x') {
      const match = /^(?:([0-9a-fA-F]{2})|\{([0-9a-fA-F]{1,6})\})/.exec(
        this.chars.slice(this.#at, this.#at + 8).join(''),
      );
      const point = match === null ? Infinity : parseInt(match[1] ?? match[2]!, 16);
      if (point > LAST) throw problem('invalid escape sequence: `\\x`');
      this.#at += match![0].length;
      return String.fromCodePoint(point);
    }
    const control = CONTROL[char];
    if (control !== undefined) return String.fromCodePoint(control);
    if (/[A-Za-z0-9]/.test(char)) throw problem(`invalid escape sequence: \`\\${char}\``);
    return char;
  }

  #class(): Tree {
    const negated = this.#takes('^');
    const ranges: number[] = [];
    for (let first = true; first || this.#char !== ']'; first = false) ranges.push(...this.#classPart());
    this.#at++;
    return { op: 'any', ranges: negated ? complement(ranges) : ranges };
  }

  #classPart(): number[] {
    const posix = /^\[:(\^?)(\w+):\]/.exec(this.chars.slice(this.#at, this.#at + 12).join(''));
    if (posix !== null) {
      const known = POSIX[posix[2]!];
      if (known === undefined) throw problem(`invalid character class range: \`${posix[0]}\``);
      this.#at += posix[0].length;
      return posix[1] === '^' ? complement(known) : known;
    }
    const low = this.#classChar();
    if (typeof low !== 'string') return low;
    if (this.#char !== '-' || this.chars[this.#at + 1] === ']') return this.#folded(pointOf(low), pointOf(low));
    this.#at++;
    const high = this.#classChar();
    if (typeof high !== 'string' || pointOf(high) < pointOf(low)) throw problem('invalid character class range');
    return this.#folded(pointOf(low), pointOf(high));
  }

  #classChar(): string | number[] {
    const char = this.#advance();
    if (char !== '\\') return char;
    const next = this.#advance();
    return perlClass(next) ?? this.#escaped(next);
  }

  #literal(char: string): Tree {
    return { op: 'any', ranges: this.#folded(pointOf(char), pointOf(char)) };
  }

  /** Of a pattern without regard to case, the letters A to Z in both. */
  #folded(low: number, high: number): number[] {
    if (!this.ignoresCase) return [low, high];
    const shifted = (from: number, to: number, by: number): number[] => {
      const [first, last] = [Math.max(low, from), Math.min(high, to)];
      return first <= last ? [first + by, last + by] : [];
    };
    return [low, high, ...shifted(65, 90, 32), ...shifted(97, 122, -32)];
  }

  get #char(): string {
    const char = this.chars[this.#at];
    if (char === undefined) throw problem('missing closing ]');
    return char;
  }

  #advance(): string {
    const char = this.chars[this.#at++];
    if (char === undefined) throw problem('trailing backslash or missing closing bracket');
    return char;
  }

  #takes(char: string): boolean {
    if (this.chars[this.#at] !== char) return false;
    this.#at++;
    return true;
  }
}

function perlClass(char: string): number[] | undefined {
  const known = { d: DIGIT, w: WORD, s: WHITE }[char.toLowerCase()];
  if (known === undefined) return undefined;
  return char === char.toLowerCase() ? known : complement(known);
}

function complement(ranges: readonly number[]): number[] {
  const pairs: [number, number][] = [];
  for (let i = 0; i < ranges.length; i += 2) pairs.push([ranges[i]!, ranges[i + 1]!]);
  pairs.sort(([a], [b]) => a - b);
  const rest: number[] = [];
  let from = 0;
  for (const [low, high] of pairs) {
    if (low > from) rest.push(from, low - 1);
    from = Math.max(from, high + 1);
  }
  if (from <= LAST) rest.push(from, LAST);
  return rest;
}

function pointOf(char: string): number {
  return char.codePointAt(0)!;
}

function problem(text: string): CelError {
  return new CelError(`error parsing regexp: ${text}`);
}
