// What one version writes it reads back, and so does every other: for objects made by chance from the schemas themselves.

import { RESOURCE_KINDS, type KubeObject } from '@slipway/contracts';

import { randomObject } from '../../../test/random-object.js';
import { storedSchemaOf } from '../openapi/definitions.js';
import { fromStorage, toStorage } from './convert.js';

type Fields = Record<string, unknown>;

const SEED = Number(process.env['SLIPWAY_SEED'] ?? Date.now() % 1_000_000);
const ROUNDS = 25;
const kinds = RESOURCE_KINDS.filter(({ group }) => group !== '');
const served = kinds.flatMap((kind) => kind.versions.map((version) => ({ kind, version })));

const content = (object: KubeObject): Fields => omit(object, 'apiVersion', 'kind', 'metadata');

describe(`conversion of objects made by chance (SLIPWAY_SEED=${SEED})`, () => {
  it.each(served)('gives back to $version what $version wrote: $kind.kind', ({ kind, version }) => {
    for (let round = 0; round < ROUNDS; round++) {
      const written = randomObject(kind, version, SEED + round * 7919);
      const stored = toStorage(kind, version, written);
      const shown = fromStorage(kind, version, stored);
      expect({ round, ...content(withChildren(shown, written)) }).toEqual({ round, ...content(written) });
      expect({ round, stored: toStorage(kind, version, shown) }).toEqual({ round, stored });
    }
  });

  it.each(served)('loses nothing of what is stored on the way through $version: $kind.kind', ({ kind, version }) => {
    const own = storedSchemaOf(kind);
    for (let round = 0; round < ROUNDS; round++) {
      const stored = toStorage(kind, own, randomObject(kind, own, SEED + round * 104729));
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
