// What one version writes it reads back, and so does every other: for objects made by chance from the schemas themselves.

import { RESOURCE_KINDS, apiVersionOf, type KubeObject, type ResourceKind } from '@slipway/contracts';

import { definitionsOf, schemaFor, storedSchemaOf } from '../openapi/definitions.js';
import type { Definition, Scalar, SchemaType } from '../openapi/schema.js';
import { fromStorage, toStorage } from './convert.js';

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

const SEED = Number(process.env['SLIPWAY_SEED'] ?? Date.now() % 1_000_000);
const ROUNDS = 25;
const kinds = RESOURCE_KINDS.filter(({ group }) => group !== '');
const served = kinds.flatMap((kind) => kind.versions.map((version) => ({ kind, version })));

const content = (object: KubeObject): Fields => omit(object, 'apiVersion', 'kind', 'metadata');

describe(`conversion of objects made by chance (SLIPWAY_SEED=${SEED})`, () => {
  it.each(served)('gives back to $version what $version wrote: $kind.kind', ({ kind, version }) => {
    for (let round = 0; round < ROUNDS; round++) {
      const written = new Maker(definitionsOf(kind.group, version), randomFrom(SEED + round * 7919)).object(
        kind,
        version,
      );
      const stored = toStorage(kind, version, written);
      const shown = fromStorage(kind, version, stored);
      expect({ round, ...content(withChildren(shown, written)) }).toEqual({ round, ...content(written) });
      expect({ round, stored: toStorage(kind, version, shown) }).toEqual({ round, stored });
    }
  });

  it.each(served)('loses nothing of what is stored on the way through $version: $kind.kind', ({ kind, version }) => {
    const own = storedSchemaOf(kind);
    for (let round = 0; round < ROUNDS; round++) {
      const stored = toStorage(kind, own, new Maker(definitionsOf(kind.group, own), randomFrom(SEED + round * 104729)).object(kind, own)); // prettier-ignore
      const again = toStorage(kind, version, fromStorage(kind, version, stored));
      expect({ round, ...content(withChildren(again, stored)) }).toEqual({ round, ...content(stored) });
    }
  });
});

function omit(fields: object, ...names: string[]): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)));
}

/** References to children are made from the old maps: what was not written beside them is no loss. */
function withChildren(shown: KubeObject, written: KubeObject): KubeObject {
  const [after, before] = [shown, written] as { status?: Fields }[];
  if (after?.status === undefined || before?.status?.['childReferences'] !== undefined) return shown;
  return { ...shown, status: omit(after.status, 'childReferences') } as KubeObject;
}
