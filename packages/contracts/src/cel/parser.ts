// From tokens to a tree: CEL's grammar by recursive descent, without messages, bytes, times and durations.

import { celTokens, type CelToken } from './lexer.js';
import { CEL_MAX_DEPTH, CEL_MAX_LENGTH, CelError, type CelNode } from './node.js';

/** Operators of two operands by how weakly they bind; each row binds stronger than the one before it. */
const LEVELS: readonly (readonly string[])[] = [
  ['||'],
  ['&&'],
  ['==', '!=', '<', '<=', '>', '>=', 'in'],
  ['+', '-'],
  ['*', '/', '%'],
];
const LOOPS: Readonly<Record<string, readonly number[]>> = {
  all: [2],
  exists: [2],
  exists_one: [2],
  filter: [2],
  map: [2, 3],
};
/** Words that CEL keeps for itself. */
const RESERVED = new Set(
  'as break const continue else for function if import let loop package namespace return var void while'.split(' '),
);

/** The expression as a tree. Throws CelError in cel-go's manner when it is none. */
export function parseCel(text: string): CelNode {
  if (text.length > CEL_MAX_LENGTH) throw new CelError(`the expression is longer than ${CEL_MAX_LENGTH} characters`);
  const parser = new Parser(celTokens(text));
  const node = parser.expression();
  parser.expectEnd();
  return node;
}

class Parser {
  #next = 0;
  #depth = 0;

  constructor(private readonly tokens: readonly CelToken[]) {}

  expression(): CelNode {
    return this.#nested(() => {
      const condition = this.#binary(0);
      if (!this.#takes('?')) return condition;
      const yes = this.#binary(0);
      this.#expect(':');
      return { op: 'call', name: '?:', args: [condition, yes, this.expression()] };
    });
  }

  expectEnd(): void {
    if (this.#token.kind !== 'end') throw this.#unexpected();
  }

  #binary(level: number): CelNode {
    const signs = LEVELS[level];
    if (signs === undefined) return this.#unary();
    let left = this.#binary(level + 1);
    for (let count = 1; this.#isOperator(signs); count++) {
      // A chain leans to the left, and is as deep as it is long.
      if (count > CEL_MAX_DEPTH) throw tooDeep();
      const name = this.#advance().text;
      left = { op: 'call', name, args: [left, this.#binary(level + 1)] };
    }
    return left;
  }

  #unary(): CelNode {
    for (const sign of ['!', '-']) {
      if (!this.#isSign(sign)) continue;
      this.#advance();
      const token = this.#token;
      if (sign === '-' && (token.kind === 'int' || token.kind === 'double')) {
        this.#advance();
        return this.#members(number(token.kind, `-${token.text}`));
      }
      return this.#nested(() => ({ op: 'call', name: sign, args: [this.#unary()] }));
    }
    return this.#members(this.#primary());
  }

  #members(of: CelNode): CelNode {
    let node = of;
    for (let count = 1; ; count++) {
      if (count > CEL_MAX_DEPTH) throw tooDeep();
      if (this.#takes('[')) {
        node = { op: 'call', name: '[]', args: [node, this.expression()] };
        this.#expect(']');
      } else if (this.#takes('.')) {
        const name = this.#identifier();
        node = this.#takes('(') ? this.#method(node, name) : { op: 'field', name, args: [node] };
      } else return node;
    }
  }

  #method(target: CelNode, name: string): CelNode {
    const args = this.#list(')');
    if (LOOPS[name]?.includes(args.length) !== true) return { op: 'call', name, args: [target, ...args] };
    const [variable, ...rest] = args;
    if (variable?.op !== 'variable') throw new CelError(`argument must be a simple name: ${name}`);
    return { op: 'loop', name, variable: variable.name, args: [target, ...rest] };
  }

  #primary(): CelNode {
    const token = this.#token;
    switch (token.kind) {
      case 'int':
      case 'uint':
      case 'double':
        this.#advance();
        return number(token.kind, token.text);
      case 'string':
        this.#advance();
        return { op: 'string', value: token.text };
      case 'identifier':
        return this.#named();
      case 'sign':
        if (this.#takes('(')) {
          const node = this.expression();
          this.#expect(')');
          return node;
        }
        if (this.#takes('[')) return { op: 'list', args: this.#list(']') };
        if (this.#takes('{')) return { op: 'map', args: this.#entries() };
        throw this.#unexpected();
      case 'end':
        throw this.#unexpected();
    }
  }

  #named(): CelNode {
    const name = this.#identifier();
    if (name === 'true' || name === 'false') return { op: 'bool', value: name === 'true' };
    if (name === 'null') return { op: 'null' };
    if (!this.#takes('(')) return { op: 'variable', name };
    const args = this.#list(')');
    if (name !== 'has') return { op: 'call', name, args };
    const [field] = args;
    if (args.length !== 1 || field?.op !== 'field') throw new CelError('invalid argument to has() macro');
    return { ...field, op: 'has' };
  }

  #identifier(): string {
    const token = this.#token;
    if (token.kind !== 'identifier' || token.text === 'in') throw this.#unexpected();
    if (RESERVED.has(token.text)) throw new CelError(`Syntax error: reserved identifier: ${token.text}`);
    return this.#advance().text;
  }

  /** Expressions up to the closing sign; a comma may stand last in lists. */
  #list(close: string): CelNode[] {
    const nodes: CelNode[] = [];
    while (!this.#takes(close)) {
      if (nodes.length > 0) this.#expect(',');
      if (close === ']' && this.#takes(close)) break;
      nodes.push(this.expression());
    }
    return nodes;
  }

  #entries(): CelNode[] {
    const nodes: CelNode[] = [];
    while (!this.#takes('}')) {
      if (nodes.length > 0) this.#expect(',');
      if (this.#takes('}')) break;
      nodes.push(this.expression());
      this.#expect(':');
      nodes.push(this.expression());
    }
    return nodes;
  }

  #nested(parse: () => CelNode): CelNode {
    if (++this.#depth > CEL_MAX_DEPTH) throw tooDeep();
    const node = parse();
    this.#depth--;
    return node;
  }

  get #token(): CelToken {
    return this.tokens[this.#next]!;
  }

  #advance(): CelToken {
    return this.tokens[this.#next++]!;
  }

  #isSign(text: string): boolean {
    return this.#token.kind === 'sign' && this.#token.text === text;
  }

  #isOperator(signs: readonly string[]): boolean {
    const { kind, text } = this.#token;
    return signs.includes(text) && (kind === 'sign' || (kind === 'identifier' && text === 'in'));
  }

  #takes(sign: string): boolean {
    if (!this.#isSign(sign)) return false;
    this.#next++;
    return true;
  }

  #expect(sign: string): void {
    if (!this.#takes(sign)) throw this.#unexpected(sign);
  }

  #unexpected(expected?: string): CelError {
    const { text, at } = this.#token;
    const wanted = expected === undefined ? '' : ` expecting '${expected}'`;
    return new CelError(`Syntax error: mismatched input '${text}'${wanted} (position ${at + 1})`);
  }
}

function number(kind: 'int' | 'uint' | 'double', text: string): CelNode {
  if (kind === 'double') {
    if (!Number.isFinite(Number(text))) throw new CelError('Syntax error: invalid double literal');
    return { op: kind, value: String(Number(text)) };
  }
  const value = BigInt(text);
  const fits = kind === 'int' ? BigInt.asIntN(64, value) === value : BigInt.asUintN(64, value) === value;
  if (!fits) throw new CelError(`Syntax error: invalid ${kind} literal`);
  return { op: kind, value: text };
}

function tooDeep(): CelError {
  return new CelError(`the expression nests deeper than ${CEL_MAX_DEPTH} levels`);
}
