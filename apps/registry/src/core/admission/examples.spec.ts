import { readFileSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';

import type { SlipwayError } from '@slipway/contracts';
import { resourceKindOf, type KubeObject } from '@slipway/contracts';
import { sharedData } from '@slipway/testing/shared-data';
import { parseAllDocuments } from 'yaml';

import { fromStorage, toStorage } from './convert.js';
import { decode } from './decode.js';
import { applyDefaults } from './defaults.js';
import { validate } from './validate.js';

/** Documents among them that Tekton refuses: the script puts the name of a variable together at run time. */
const REFUSED = /compressed-results-pipeline\.yaml Task: spec\.steps\[0\]\.script: non-existent variable in/;

const FOLDERS = ['seeds', ...['v1', 'v1beta1', 'v1alpha1', 'v0.10'].map((name) => `conformance/tekton-${name}`)];
const root = sharedData('.');

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.ya?ml$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();

(root === undefined ? describe.skip : describe)('documents that Tekton runs', () => {
  it.each(FOLDERS)('are admitted, converted without loss and valid: %s', (folder) => {
    const complaints: string[] = [];
    let objects = 0;
    for (const file of filesIn(join(root!, folder))) {
      for (const document of parseAllDocuments(readFileSync(file, 'utf8'))) {
        const body = document.toJS() as KubeObject | null;
        if (body === null || body.apiVersion === undefined) continue;
        const kind = resourceKindOf(body.apiVersion, body.kind);
        if (kind === undefined) continue;
        const version = body.apiVersion.split('/').at(-1)!;
        const where = `${relative(root!, file)} ${body.kind}`;
        try {
          const { object, unknownFields } = decode(kind, version, body);
          if (unknownFields.length > 0) complaints.push(`${where}: unknown ${unknownFields.join(', ')}`);
          const named = { ...object, metadata: { ...object.metadata, name: object.metadata.name || 'generated' } };
          const stored = toStorage(kind, version, named);
          const again = toStorage(kind, version, fromStorage(kind, version, stored));
          if (JSON.stringify(sorted(again)) !== JSON.stringify(sorted(stored)))
            complaints.push(`${where}: not the same after a round trip`);
          const problems = validate(kind, applyDefaults(kind, stored, { create: true }));
          complaints.push(...problems.map(({ field, message }) => `${where}: ${field}: ${message}`));
          objects++;
        } catch (error) {
          complaints.push(`${where}: ${(error as SlipwayError).message}`);
        }
      }
    }
    expect(complaints.filter((complaint) => !REFUSED.test(complaint))).toEqual([]);
    expect(objects).toBeGreaterThan(0);
  });
});

function sorted(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(sorted);
  if (typeof json !== 'object' || json === null) return json;
  return Object.fromEntries(
    Object.entries(json)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([key, value]) => [key, sorted(value)]),
  );
}
