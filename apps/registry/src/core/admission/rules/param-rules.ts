// Params: what is declared, and what is given.

import type { Param, ParamSpec, ParamType, ParamValue } from '@slipway/contracts';

import { at, listOf, type Findings } from './findings.js';
import type { Names, ObjectKeys } from './variable-references.js';

const TYPES: readonly string[] = ['string', 'array', 'object'];
const TEXT_OR_ARRAY_NAME = /^[_a-zA-Z][_a-zA-Z0-9.-]*$/;
const OBJECT_NAME = /^[_a-zA-Z][_a-zA-Z0-9-]*$/;

export function typeOf(value: ParamValue): ParamType {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'object' ? 'object' : 'string';
}

/** The params that a text may refer to, by what they are. */
export interface DeclaredParams {
  all: Names;
  arrays: Names;
  objects: ObjectKeys;
}

/** The params of specs that stand at one place. */
export function declaredParams(specs: readonly ParamSpec[]): DeclaredParams {
  return layeredParams([new Map(specs.map((spec) => [spec.name, spec]))], new Set());
}

/** Params of several places, the innermost first: the innermost says what a param is. `others` are known by name only. */
export function layeredParams(layers: readonly KnownParams[], others: Names): DeclaredParams {
  const find = (name: string): ParamSpec | undefined => {
    for (const layer of layers) {
      const spec = layer.get(name);
      if (spec !== undefined) return spec;
    }
    return undefined;
  };
  const keysOf = (name: string): Names | undefined => {
    const spec = find(name);
    if (spec?.type !== 'object') return undefined;
    return { has: (key) => Object.hasOwn(spec.properties ?? {}, key) };
  };
  return {
    all: { has: (name) => find(name) !== undefined || others.has(name) },
    arrays: { has: (name) => find(name)?.type === 'array' },
    objects: { has: (name) => keysOf(name) !== undefined, get: keysOf },
  };
}

/** Types, defaults and object keys of declared params. `path` is that of the list. */
export function checkParamTypes(specs: readonly ParamSpec[], path: string, findings: Findings): void {
  for (const spec of specs) {
    const own = at(path, spec.name);
    const type = spec.type ?? 'string';
    if (!TYPES.includes(type)) {
      findings.invalid(type, at(own, 'type'));
    } else if (spec.default !== undefined && typeOf(spec.default) !== type) {
      const message = `"${type}" type does not match default value's type: "${typeOf(spec.default)}"`;
      findings.add(message, [at(own, 'type'), at(own, 'default.type')]);
    } else {
      const wrong = keysThatAreNotText(spec.properties);
      if (wrong.length > 0) {
        const message = `The value type specified for these keys [${wrong.join(' ')}] is invalid`;
        findings.add(message, at(own, 'properties'));
      }
    }
  }
}

export function keysThatAreNotText(properties: ParamSpec['properties']): string[] {
  const entries = Object.entries(properties ?? {});
  return entries
    .filter(([, property]) => (property.type ?? 'string') !== 'string')
    .map(([key]) => key)
    .sort();
}

/** Names, duplicates and enums of declared params. `path` is that of the task or pipeline. */
export function checkParamNames(specs: readonly ParamSpec[], path: string, findings: Findings): void {
  checkNoDuplicateSpecs(specs, path, findings);
  const isObject = (spec: ParamSpec): boolean => spec.type === 'object';
  const texts = specs.filter((spec) => !isObject(spec) && !TEXT_OR_ARRAY_NAME.test(spec.name)).map((spec) => spec.name);
  if (texts.length > 0) {
    findings.add(
      `The format of following array and string variable names is invalid: [${[...new Set(texts)].sort().join(' ')}]`,
      at(path, 'params'),
      'String/Array Names: \nMust only contain alphanumeric characters, hyphens (-), underscores (_), and dots (.)\nMust begin with a letter or an underscore (_)',
    );
  }
  const objects = new Map<string, string[]>();
  for (const spec of specs.filter(isObject)) {
    const keys = Object.keys(spec.properties ?? {}).filter((key) => !OBJECT_NAME.test(key));
    if (keys.length > 0 || !OBJECT_NAME.test(spec.name)) objects.set(spec.name, keys.sort());
  }
  if (objects.size > 0) {
    const names = [...objects].sort().map(([name, keys]) => `${name}:[${keys.join(' ')}]`);
    findings.add(
      `Object param name and key name format is invalid: map[${names.join(' ')}]`,
      at(path, 'params'),
      'Object Names: \nMust only contain alphanumeric characters, hyphens (-), underscores (_) \nMust begin with a letter or an underscore (_)',
    );
  }
  checkEnums(specs, path, findings);
}

/** What params may be one of. `path` is that of the task or pipeline. */
export function checkEnums(specs: readonly ParamSpec[], path: string, findings: Findings): void {
  for (const spec of specs) checkEnum(spec, at(path, `params[${spec.name}]`), findings);
}

export function checkNoDuplicateSpecs(specs: readonly ParamSpec[], path: string, findings: Findings): void {
  const seen = new Set<string>();
  for (const { name } of specs) {
    if (seen.has(name)) findings.add('parameter appears more than once', at(path, `params[${name}]`));
    seen.add(name);
  }
}

function checkEnum(spec: ParamSpec, path: string, findings: Findings): void {
  const values = listOf(spec.enum);
  if (values.length === 0) return;
  if ((spec.type ?? 'string') !== 'string') findings.add('enum can only be set with string type param', path);
  const seen = new Set<string>();
  for (const value of values) {
    if (seen.has(value)) findings.add(`parameter enum value ${value} appears more than once`, path);
    seen.add(value);
  }
  if (typeof spec.default === 'string' && spec.default !== '' && !seen.has(spec.default)) {
    findings.add(`param default value ${spec.default} not in the enum list`, path);
  }
}

/** Object params must say which keys they have: without them no reference to a key can be checked. */
export function checkObjectParamsHaveProperties(specs: readonly ParamSpec[], path: string, findings: Findings): void {
  for (const spec of specs) {
    if (spec.type === 'object' && spec.properties === undefined) findings.missing(at(path, `${spec.name}.properties`));
  }
}

/** Names of params that a run or a reference gives: each once, whatever the case. `path` is that of the list. */
export function checkGivenParams(params: readonly Param[] | undefined, path: string, findings: Findings): void {
  const seen = new Set<string>();
  for (const { name } of listOf(params)) {
    const lower = name.toLowerCase();
    if (seen.has(lower)) findings.both([`${path}[${name}].name`]);
    seen.add(lower);
  }
}

/** Names of params in a list that a pipeline gives to a task: each once. `path` is that of the list. */
export function checkParamsOnce(params: readonly Param[] | undefined, path: string, findings: Findings): void {
  const seen = new Set<string>();
  listOf(params).forEach(({ name }, index) => {
    if (seen.has(name)) {
      const message = `parameter names must be unique, the parameter "${name}" is also defined at`;
      findings.add(message, `${path}[${index}].name`);
    }
    seen.add(name);
  });
}

// What a run gives to what is inline in it ----------------------------------------------------------------------------

/** Specs by name. */
export type KnownParams = Map<string, ParamSpec>;

/** A param that is given, as if it were declared: its type is that of its value. */
export function addGiven(known: KnownParams, { name, value }: Param): void {
  const type = typeOf(value ?? '');
  const properties = type === 'object' ? textProperties(Object.keys(value as object)) : undefined;
  known.set(name, { name, type, default: value, ...(properties === undefined ? {} : { properties }) });
}

/** A param that a pipeline passes to a task: the keys of an object are added to those that it has further out. */
export function addPassed(known: KnownParams, outer: KnownParams, param: Param): void {
  addGiven(known, param);
  const [inner, before] = [known.get(param.name)!, outer.get(param.name)];
  if (inner.type !== 'object' || before?.type !== 'object') return;
  known.set(param.name, { ...inner, properties: { ...before.properties, ...inner.properties } });
}

/**
 * A param declared inside a run: where a value is given for it, from inside or from an outer layer, both must fit.
 * `path` is that of the list of specs.
 */
export function addDeclared(
  known: KnownParams,
  outer: KnownParams,
  spec: ParamSpec,
  path: string,
  findings: Findings,
): void {
  const given = known.get(spec.name) ?? outer.get(spec.name);
  if (given === undefined) {
    known.set(spec.name, spec);
    return;
  }
  const hasObjectDefault = spec.default !== undefined && typeOf(spec.default) === 'object';
  if ((hasObjectDefault || given.type === 'object') && spec.properties === undefined) {
    findings.missing(at(path, `${spec.name}.properties`));
    return;
  }
  known.set(spec.name, given.type === 'object' ? { ...given, properties: spec.properties! } : given);
}

function textProperties(keys: readonly string[]): NonNullable<ParamSpec['properties']> {
  return Object.fromEntries(keys.map((key) => [key, { type: 'string' as const }]));
}
