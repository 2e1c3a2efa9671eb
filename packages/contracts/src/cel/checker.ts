// Types: an expression that mixes them is refused before it is evaluated, as cel-go's checker does.

import { CelError, type CelNode } from './node.js';

type Simple = 'bool' | 'int' | 'uint' | 'double' | 'string' | 'null' | 'dyn' | 'type';
export type CelType = Simple | { list: CelType } | { key: CelType; value: CelType };
type Scope = ReadonlyMap<string, CelType>;

const ORDERED: readonly Simple[] = ['bool', 'int', 'uint', 'double', 'string'];
const NUMBERS: readonly Simple[] = ['int', 'uint', 'double'];
const TYPE_NAMES = [...ORDERED, 'null_type', 'type', 'list', 'map', 'bytes'];
const TEXT_TESTS = ['startsWith', 'endsWith', 'contains', 'matches'];
const CONVERSIONS: Readonly<Record<string, readonly Simple[]>> = {
  int: ['int', 'uint', 'double', 'string'],
  uint: ['int', 'uint', 'double', 'string'],
  double: ['int', 'uint', 'double', 'string'],
  string: ['bool', 'int', 'uint', 'double', 'string'],
  bool: ['bool', 'string'],
};

/** The type of the expression. Throws CelError, in cel-go's words, where operands do not fit. */
export function celTypeOf(node: CelNode, scope: Scope = new Map()): CelType {
  switch (node.op) {
    case 'null':
    case 'bool':
    case 'int':
    case 'uint':
    case 'double':
    case 'string':
      return node.op;
    case 'variable':
      return variable(node.name, scope);
    case 'list':
      return { list: joined(node.args.map((arg) => celTypeOf(arg, scope))) };
    case 'map':
      return mapType(node.args, scope);
    case 'field':
    case 'has': {
      const of = celTypeOf(node.args[0], scope);
      if (of !== 'dyn' && !isMap(of)) throw new CelError(`type '${named(of)}' does not support field selection`);
      if (node.op === 'has') return 'bool';
      return isMap(of) ? of.value : 'dyn';
    }
    case 'loop':
      return loop(node, scope);
    case 'call':
      return call(
        node.name,
        node.args.map((arg) => celTypeOf(arg, scope)),
      );
  }
}

/** Whether values of both types can be the same. */
function agree(a: CelType, b: CelType): boolean {
  if (a === 'dyn' || b === 'dyn') return true;
  if (isList(a) && isList(b)) return agree(a.list, b.list);
  if (isMap(a) && isMap(b)) return agree(a.key, b.key) && agree(a.value, b.value);
  return a === b;
}

function variable(name: string, scope: Scope): CelType {
  const type = scope.get(name);
  if (type !== undefined) return type;
  if (TYPE_NAMES.includes(name)) return 'type';
  throw new CelError(`undeclared reference to '${name}' (in container '')`);
}

/** The one type of all; values of several types are looked at only when they are there. */
function joined(types: readonly CelType[]): CelType {
  const [first = 'dyn', ...rest] = types;
  return rest.every((type) => agree(first, type)) ? first : 'dyn';
}

function mapType(args: readonly CelNode[], scope: Scope): CelType {
  const types = args.map((arg) => celTypeOf(arg, scope));
  const keys = types.filter((_, i) => i % 2 === 0);
  const wrong = keys.find((key) => !['bool', 'int', 'uint', 'string', 'dyn'].includes(named(key)));
  if (wrong !== undefined) throw new CelError(`unsupported key type: ${named(wrong)}`);
  return { key: joined(keys), value: joined(types.filter((_, i) => i % 2 === 1)) };
}

function loop({ name, variable: item, args }: CelNode & { op: 'loop' }, scope: Scope): CelType {
  const range = celTypeOf(args[0]!, scope);
  if (range !== 'dyn' && !isList(range) && !isMap(range)) {
    throw new CelError(
      `expression of type '${named(range)}' cannot be range of a comprehension (must be list, map, or dynamic)`,
    );
  }
  const itemType = isList(range) ? range.list : isMap(range) ? range.key : 'dyn';
  const types = args.slice(1).map((arg) => celTypeOf(arg, new Map([...scope, [item, itemType]])));
  const isMapping = name === 'map' && types.length === 1;
  if (!isMapping && !agree(types[0]!, 'bool')) throw noOverload(`_${name}_`, types.slice(0, 1));
  if (name === 'filter') return { list: itemType };
  return name === 'map' ? { list: types.at(-1)! } : 'bool';
}

function call(name: string, types: readonly CelType[]): CelType {
  const type = resultOf(name, types);
  if (type === undefined) throw noOverload(OPERATORS.has(name) ? functionName(name, types.length) : name, types);
  return type;
}

function resultOf(name: string, types: readonly CelType[]): CelType | undefined {
  const [a = 'dyn', b = 'dyn'] = types;
  const among = (type: CelType, list: readonly Simple[]): boolean => type === 'dyn' || list.includes(type as Simple);
  const both = (list: readonly Simple[]): CelType | undefined =>
    among(a, list) && among(b, list) && agree(a, b) ? (a === 'dyn' ? b : a) : undefined;
  switch (types.length === 1 && name === '-' ? 'negation' : name) {
    case '&&':
    case '||':
      return among(a, ['bool']) && among(b, ['bool']) ? 'bool' : undefined;
    case '!':
      return among(a, ['bool']) ? 'bool' : undefined;
    case 'negation':
      return among(a, ['int', 'double']) ? a : undefined;
    case '?:':
      return among(a, ['bool']) && agree(b, types[2]!) ? b : undefined;
    case '==':
    case '!=':
      return agree(a, b) ? 'bool' : undefined;
    case '<':
    case '<=':
    case '>':
    case '>=':
      return both(ORDERED) === undefined ? undefined : 'bool';
    case '+':
      return isList(a) || isList(b) ? (agree(a, b) ? a : undefined) : both([...NUMBERS, 'string']);
    case '-':
    case '*':
    case '/':
      return both(NUMBERS);
    case '%':
      return both(['int', 'uint']);
    case 'in':
      if (b === 'dyn' || (isList(b) && agree(a, b.list)) || (isMap(b) && agree(a, b.key))) return 'bool';
      return undefined;
    case '[]':
      if (isList(a)) return among(b, ['int']) ? a.list : undefined;
      return isMap(a) ? (agree(a.key, b) ? a.value : undefined) : a === 'dyn' ? 'dyn' : undefined;
    case 'size':
      return types.length === 1 && (among(a, ['string']) || isList(a) || isMap(a)) ? 'int' : undefined;
    case 'type':
      return types.length === 1 ? 'type' : undefined;
    case 'dyn':
      return types.length === 1 ? 'dyn' : undefined;
    default:
      if (TEXT_TESTS.includes(name)) {
        return types.length === 2 && among(a, ['string']) && among(b, ['string']) ? 'bool' : undefined;
      }
      if (name in CONVERSIONS) return types.length === 1 && among(a, CONVERSIONS[name]!) ? (name as Simple) : undefined;
      throw new CelError(`undeclared reference to '${name}' (in container '')`);
  }
}

const OPERATORS = new Set([
  '&&',
  '||',
  '!',
  '-',
  '?:',
  '==',
  '!=',
  '<',
  '<=',
  '>',
  '>=',
  '+',
  '*',
  '/',
  '%',
  'in',
  '[]',
]);

/** As cel-go names its operators: `_==_`. */
function functionName(sign: string, operands: number): string {
  if (sign === '?:') return '_?_:_';
  if (sign === '[]') return '_[_]';
  if (sign === 'in') return '@in';
  return operands === 1 ? `${sign}_` : `_${sign}_`;
}

function noOverload(name: string, types: readonly CelType[]): CelError {
  return new CelError(`found no matching overload for '${name}' applied to '(${types.map(named).join(', ')})'`);
}

function named(type: CelType): string {
  if (isList(type)) return `list(${named(type.list)})`;
  return isMap(type) ? `map(${named(type.key)}, ${named(type.value)})` : type;
}

function isList(type: CelType): type is { list: CelType } {
  return typeof type === 'object' && 'list' in type;
}

function isMap(type: CelType): type is { key: CelType; value: CelType } {
  return typeof type === 'object' && 'key' in type;
}
