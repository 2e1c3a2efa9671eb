// Objects made by chance from the schemas: what tests of laws are fed with.

import { apiVersionOf, type KubeObject, type ResourceKind } from '@slipway/contracts';
import { definitionsOf, schemaFor } from '../src/core/openapi/definitions.js';
import type { Definition, Scalar, SchemaType } from '../src/core/openapi/schema.js';

type Fields = Record<string, unknown>;
type Random = () => number;

/** Fields of 2019 that are read and have no effect, and capitals, which are read as small letters. */
const NOT_KEPT: ReadonlySet<string> = new Set([
  ...['TaskRunSpec', 'PipelineRunSpec'].flatMap((name) => [`${name}.trigger`, `${name}.results`]),
  ...['Input', 'Operator', 'Values'].map((name) => `WhenExpression.${name}`),
  'TaskRunOutputs.params',
]);
/** An account for no task has nowhere to go. */
const ALWAYS: ReadonlySet<string> = new Set(['ServiceAccountNameOfTask.taskName']);
const OF_EARLY_2020: readonly (readonly [string, readonly string[]])[] = [
  ['inputs', ['params', 'resources']],
  ['outputs', ['resources']],
];
/** Of fields that exclude each other, the one that stays. */
const EXCLUSIVE: Readonly<Record<string, readonly (readonly [string, readonly string[]])[]>> = {
  ObjectRef: [['bundle', ['resolver', 'params']]],
  PipelineRunSpec: [
    ['timeout', ['timeouts']],
    ['serviceAccount', ['serviceAccountName']],
    ['serviceAccountNames', ['taskRunSpecs']],
  ],
  TaskRunSpec: [...OF_EARLY_2020, ['serviceAccount', ['serviceAccountName']]],
  TaskSpec: OF_EARLY_2020,
  EmbeddedTask: OF_EARLY_2020,
};

/** An object of a kind and version; the same seed gives the same. */
export function randomObject(kind: ResourceKind, version: string, seed: number): KubeObject {
  return new Maker(definitionsOf(kind.group, version), randomFrom(seed)).object(kind, version);
}

class Maker {
  #names = 0;

  constructor(
    private readonly definitions: ReadonlyMap<string, Definition>,
    private readonly random: Random,
  ) {}

  object(kind: ResourceKind, version: string): KubeObject {
    const root = schemaFor(kind, version)!;
    const made = this.struct(root, 0);
    const metadata = { name: 'n', labels: { a: 'b' } };
    return { ...made, apiVersion: apiVersionOf(kind, version), kind: kind.kind, metadata };
  }

  private struct(definition: Definition, depth: number): Fields {
    const short = definition.name.slice(definition.name.lastIndexOf('.') + 1);
    const made: Fields = {};
    for (const field of definition.fields.values()) {
      if (
        NOT_KEPT.has(`${short}.${field.name}`) ||
        (!ALWAYS.has(`${short}.${field.name}`) && !field.required && this.random() > 0.9 / (1 + depth / 3))
      )
        continue;
      const value = this.value(field.type, depth + 1);
      if (value !== undefined) made[field.name] = value;
    }
    for (const [kept, others] of EXCLUSIVE[short] ?? []) {
      if (made[kept] !== undefined) for (const other of others) delete made[other];
    }
    return made;
  }

  /** Nothing for what is empty: storage does not tell an empty object from none where it moves fields. */
  private value(type: SchemaType, depth: number): unknown {
    switch (type.kind) {
      case 'scalar':
        return this.scalar(type.scalar);
      case 'list': {
        const items = this.some(() => this.value(type.items, depth)).filter((item) => item !== undefined);
        return items.length === 0 ? undefined : items;
      }
      case 'map': {
        const entries = this.some(() => [`k${this.#names++}`, this.value(type.values, depth)]);
        return entries.length === 0
          ? undefined
          : Object.fromEntries(entries.filter(([, value]) => value !== undefined));
      }
      case 'ref': {
        // Kubernetes' own shapes are the same in every version.
        if (depth > 7 || type.name.startsWith('io.k8s.')) return depth > 7 ? undefined : { some: this.text() };
        const made = this.struct(this.definitions.get(type.name)!, depth);
        return Object.keys(made).length === 0 ? undefined : made;
      }
    }
  }

  private some<T>(make: () => T): T[] {
    return Array.from({ length: 1 + Math.floor(this.random() * 2) }, make);
  }

  private text(): string {
    return `t${this.#names++}`;
  }

  private scalar(scalar: Scalar): unknown {
    switch (scalar) {
      case 'integer':
      case 'number':
      case 'intOrString':
        return Math.floor(this.random() * 10);
      case 'boolean':
        return this.random() < 0.5;
      case 'duration':
        return `${1 + Math.floor(this.random() * 50)}m`;
      case 'time':
        return '2026-01-01T00:00:00Z';
      case 'paramValue':
        return this.random() < 0.5 ? this.text() : [this.text()];
      case 'any':
      case 'object':
        return { [this.text()]: [this.text()] };
      case 'string':
      case 'quantity':
      case 'bytes':
        return this.text();
    }
  }
}

function randomFrom(seed: number): Random {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
