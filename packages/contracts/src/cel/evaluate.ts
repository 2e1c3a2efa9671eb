// The value of an expression. Every operand is a literal, so an expression has one value for ever.
//
//   C1. Bounded: work is counted, and what takes too much is refused; patterns look at a character once.
//   C2. An error in one side of `&&` or `||` does not matter when the other side decides: CEL's rule.

import { CelError, type CelNode } from './node.js';
import { compilePattern, patternMatches } from './pattern.js';

type UInt = { readonly unsigned: bigint };
type TypeName = { readonly type: string };
/** Ints are bigint, doubles number. Map keys are their canonical texts. */
export type CelValue =
  null | boolean | bigint | number | string | UInt | TypeName | CelValue[] | Map<string, [CelValue, CelValue]>;
type Scope = ReadonlyMap<string, CelValue>;

/** Units of work that one expression may take: about a node, or 16 characters, each. */
const MAX_WORK = 200_000;

/** Evaluates a tree that the checker has accepted. Throws CelError. */
export function evaluateCel(node: CelNode): CelValue {
  return new Evaluation().value(node, new Map());
}

class Evaluation {
  #work = 0;

  value(node: CelNode, scope: Scope): CelValue {
    this.#spend(1);
    switch (node.op) {
      case 'null':
        return null;
      case 'bool':
      case 'string':
        return node.value;
      case 'int':
        return BigInt(node.value);
      case 'uint':
        return { unsigned: BigInt(node.value) };
      case 'double':
        return Number(node.value);
      case 'variable':
        return scope.get(node.name) ?? { type: node.name };
      case 'list':
        return node.args.map((arg) => this.value(arg, scope));
      case 'map':
        return this.#map(node.args, scope);
      case 'field':
        return entry(this.value(node.args[0], scope), node.name);
      case 'has':
        return entryOf(this.value(node.args[0], scope), node.name) !== undefined;
      case 'loop':
        return this.#loop(node, scope);
      case 'call':
        return this.#call(node, scope);
    }
  }

  #map(args: readonly CelNode[], scope: Scope): CelValue {
    const entries = new Map<string, [CelValue, CelValue]>();
    for (let i = 0; i < args.length; i += 2) {
      const key = this.value(args[i]!, scope);
      const id = keyOf(key);
      if (entries.has(id)) throw new CelError(`Failed with repeated key`);
      entries.set(id, [key, this.value(args[i + 1]!, scope)]);
    }
    return entries;
  }

  #loop({ name, variable, args }: CelNode & { op: 'loop' }, scope: Scope): CelValue {
    const range = this.value(args[0]!, scope);
    const items = range instanceof Map ? [...range.values()].map(([key]) => key) : range;
    if (!Array.isArray(items)) throw noOverload(name);
    const each = (node: CelNode, item: CelValue): CelValue => this.value(node, new Map([...scope, [variable, item]]));
    const holds = (item: CelValue): boolean => truth(each(args[1]!, item));
    switch (name) {
      case 'all':
        return decided(items, holds, false);
      case 'exists':
        return decided(items, holds, true);
      case 'exists_one':
        return items.filter(holds).length === 1;
      case 'filter':
        return items.filter(holds);
      default:
        if (args.length === 2) return items.map((item) => each(args[1]!, item));
        return items.filter(holds).map((item) => each(args[2]!, item));
    }
  }

  #call({ name, args }: CelNode & { op: 'call' }, scope: Scope): CelValue {
    const of = (i: number): CelValue => this.value(args[i]!, scope);
    if (name === '&&' || name === '||') return decided([0, 1], (i) => truth(of(i)), name === '||'); // C2
    if (name === '?:') return truth(of(0)) ? of(1) : of(2);
    const values = args.map((arg) => this.value(arg, scope));
    const [a = null, b = null] = values;
    if (args.length === 1) return unary(name, a);
    switch (name) {
      case '==':
      case '!=':
        return this.#same(a, b) === (name === '==');
      case '<':
        return order(a, b) < 0;
      case '<=':
        return order(a, b) <= 0;
      case '>':
        return order(a, b) > 0;
      case '>=':
        return order(a, b) >= 0;
      case 'in':
        return b instanceof Map ? b.has(keyOf(a)) : listOf(b).some((item) => this.#same(a, item));
      case '[]':
        return a instanceof Map ? entry(a, b) : item(listOf(a), b);
      case 'startsWith':
        return textOf(a).startsWith(textOf(b));
      case 'endsWith':
        return textOf(a).endsWith(textOf(b));
      case 'contains':
        return textOf(a).includes(textOf(b));
      case 'matches':
        this.#spend(textOf(b).length);
        return patternMatches(compilePattern(textOf(b)), textOf(a), (work) => this.#spend(work)); // C1
      default:
        return this.#arithmetic(name, a, b);
    }
  }

  #same(a: CelValue, b: CelValue): boolean {
    this.#spend(1 + (typeof a === 'string' ? a.length / 16 : 0));
    if (Array.isArray(a) && Array.isArray(b)) {
      return a.length === b.length && a.every((one, i) => this.#same(one, b[i]!));
    }
    if (a instanceof Map && b instanceof Map) {
      return a.size === b.size && [...a].every(([id, [, one]]) => b.has(id) && this.#same(one, b.get(id)![1]));
    }
    if (isUInt(a) || isUInt(b)) return isUInt(a) && isUInt(b) && a.unsigned === b.unsigned;
    if (isTypeName(a) || isTypeName(b)) return isTypeName(a) && isTypeName(b) && a.type === b.type;
    return a === b;
  }

  #arithmetic(name: string, a: CelValue, b: CelValue): CelValue {
    if (name === '+' && typeof a === 'string' && typeof b === 'string') {
      this.#spend((a.length + b.length) / 16);
      return a + b;
    }
    if (name === '+' && Array.isArray(a) && Array.isArray(b)) {
      this.#spend(a.length + b.length);
      return [...a, ...b];
    }
    if (typeof a === 'number' && typeof b === 'number') return doubles(name, a, b);
    if (typeof a === 'bigint' && typeof b === 'bigint') return int(integers(name, a, b));
    if (isUInt(a) && isUInt(b)) return uint(integers(name, a.unsigned, b.unsigned));
    throw noOverload(name);
  }

  #spend(work: number): void {
    this.#work += work;
    if (this.#work > MAX_WORK) throw new CelError('operation cancelled: actual cost limit exceeded');
  }
}

/** Whether any item gives `decisive`; an error counts only when none does (C2). */
function decided<Item>(items: readonly Item[], holds: (item: Item) => boolean, decisive: boolean): boolean {
  let failure: Error | undefined;
  for (const item of items) {
    try {
      if (holds(item) === decisive) return decisive;
    } catch (thrown) {
      failure ??= thrown as Error;
    }
  }
  if (failure !== undefined) throw failure;
  return !decisive;
}

function unary(name: string, value: CelValue): CelValue {
  switch (name) {
    case '!':
      return !truth(value);
    case '-':
      if (typeof value === 'bigint') return int(-value);
      if (typeof value === 'number') return -value;
      throw noOverload('-_');
    case 'size':
      if (typeof value === 'string') return BigInt([...value].length);
      return BigInt(value instanceof Map ? value.size : listOf(value).length);
    case 'dyn':
      return value;
    case 'type':
      return { type: typeName(value) };
    case 'string':
      return asText(value);
    case 'bool':
      return asTruth(value);
    case 'double':
      return asDouble(value);
    default:
      return name === 'int' ? int(asInteger(value)) : uint(asInteger(value));
  }
}

function doubles(name: string, a: number, b: number): number {
  if (name === '+') return a + b;
  if (name === '-') return a - b;
  if (name === '*') return a * b;
  if (name === '/') return a / b;
  throw noOverload(name);
}

function integers(name: string, a: bigint, b: bigint): bigint {
  if (name === '+') return a + b;
  if (name === '-') return a - b;
  if (name === '*') return a * b;
  if (b === 0n) throw new CelError(name === '%' ? 'modulus by zero' : 'division by zero');
  return name === '/' ? a / b : a % b;
}

function int(value: bigint): bigint {
  if (BigInt.asIntN(64, value) !== value) throw new CelError('integer overflow');
  return value;
}

function uint(value: bigint): UInt {
  if (BigInt.asUintN(64, value) !== value) throw new CelError('unsigned integer overflow');
  return { unsigned: value };
}

function order(a: CelValue, b: CelValue): number {
  if (isUInt(a) && isUInt(b)) return order(a.unsigned, b.unsigned);
  if (typeof a !== typeof b || a === null || b === null || typeof a === 'object') throw noOverload('_<_');
  if (typeof a === 'string') return byPoint(a, b as string);
  return a < b ? -1 : a > b ? 1 : a === b ? 0 : NaN;
}

/** By code point: UTF-16 units would put an emoji before U+FFFD. */
function byPoint(a: string, b: string): number {
  const [left, right] = [[...a], [...b]];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const difference = left[i]!.codePointAt(0)! - right[i]!.codePointAt(0)!;
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

function entryOf(value: CelValue, key: CelValue): CelValue | undefined {
  if (!(value instanceof Map)) throw noOverload('_[_]');
  return value.get(keyOf(key))?.[1];
}

function entry(value: CelValue, key: CelValue): CelValue {
  const found = entryOf(value, key);
  if (found === undefined) throw new CelError(`no such key: ${asText(key)}`);
  return found;
}

function item(list: readonly CelValue[], index: CelValue): CelValue {
  const found = typeof index === 'bigint' ? list[Number(index)] : undefined;
  if (found === undefined) throw new CelError(`index out of bounds: ${asText(index)}`);
  return found;
}

function keyOf(key: CelValue): string {
  if (typeof key === 'string') return `s${key}`;
  if (typeof key === 'bigint') return `n${key}`;
  if (isUInt(key)) return `n${key.unsigned}`;
  if (typeof key === 'boolean') return `b${key}`;
  throw new CelError('unsupported key type');
}

function truth(value: CelValue): boolean {
  if (typeof value !== 'boolean') throw noOverload('');
  return value;
}

function textOf(value: CelValue): string {
  if (typeof value !== 'string') throw noOverload('');
  return value;
}

function listOf(value: CelValue): CelValue[] {
  if (!Array.isArray(value)) throw noOverload('');
  return value;
}

function asText(value: CelValue): string {
  if (isUInt(value)) return String(value.unsigned);
  if (value === null || typeof value === 'object') throw noOverload('string');
  return String(value);
}

function asTruth(value: CelValue): boolean {
  if (typeof value === 'boolean') return value;
  if (['1', 't', 'T', 'TRUE', 'true', 'True'].includes(value as string)) return true;
  if (['0', 'f', 'F', 'FALSE', 'false', 'False'].includes(value as string)) return false;
  throw new CelError('type conversion error from string to bool');
}

function asDouble(value: CelValue): number {
  if (typeof value === 'number') return value;
  if (isUInt(value)) return Number(value.unsigned);
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'string' && /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(value)) return Number(value);
  throw new CelError('type conversion error from string to double');
}

function asInteger(value: CelValue): bigint {
  if (typeof value === 'bigint') return value;
  if (isUInt(value)) return value.unsigned;
  if (typeof value === 'number' && Number.isFinite(value)) return BigInt(Math.trunc(value));
  if (typeof value === 'string' && /^[+-]?\d+$/.test(value)) return BigInt(value.replace('+', ''));
  throw new CelError('type conversion error to int');
}

function typeName(value: CelValue): string {
  if (value === null) return 'null_type';
  if (isUInt(value)) return 'uint';
  if (isTypeName(value)) return 'type';
  if (Array.isArray(value)) return 'list';
  if (value instanceof Map) return 'map';
  return { boolean: 'bool', bigint: 'int', number: 'double', string: 'string' }[typeof value as 'string'] ?? 'dyn';
}

function isUInt(value: CelValue): value is UInt {
  return typeof value === 'object' && value !== null && 'unsigned' in value;
}

function isTypeName(value: CelValue): value is TypeName {
  return typeof value === 'object' && value !== null && 'type' in value;
}

function noOverload(name: string): CelError {
  return new CelError(name === '' ? 'no such overload' : `no such overload: ${name}`);
}
