// What `slipway convert` makes of files is what the registry makes of objects, and is admitted as v1.

import { readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  applyTemplates,
  emptyReplacements,
  resourceKindOf,
  substituteDeep,
  type Build,
  type BuildTemplate,
  type FlatBuild,
  type KubeObject,
  type ResourceKind,
  type Task,
  type TaskRun,
} from '@slipway/contracts';
import { sharedData } from '@slipway/testing/shared-data';
import { parseAllDocuments, stringify } from 'yaml';
import { convertFiles, type Conversion } from '../apps/cli/src/convert/convert.js';
import { kubernetesTags } from '../apps/cli/src/input/documents.js';
import { toStorage } from '../apps/registry/src/core/admission/convert.js';
import { decode } from '../apps/registry/src/core/admission/decode.js';
import { validate } from '../apps/registry/src/core/admission/validate.js';
import { randomObject } from '../apps/registry/test/random-object.js';

const OPTIONS = { sharedNamespace: 'default' };
const SEED = Number(process.env['SLIPWAY_SEED'] ?? Date.now() % 1_000_000);
const ROUNDS = 10;

function converted(...texts: string[]): Conversion {
  return convertFiles(
    texts.map((text, i) => ({ name: `f${i}.yaml`, text })),
    OPTIONS,
  );
}

function objectsOf(text: string): KubeObject[] {
  const documents = parseAllDocuments(text, { version: '1.1', merge: true, customTags: kubernetesTags });
  if (!Array.isArray(documents)) return [];
  return documents.flatMap((document) => {
    expect({ text, errors: document.errors }).toEqual({ text, errors: [] });
    const value = document.toJS() as (KubeObject & { items?: KubeObject[] }) | null;
    return value === null ? [] : (value.items ?? [value]);
  });
}

function kindOf(object: KubeObject): { kind: ResourceKind; version: string } | undefined {
  const kind = resourceKindOf(object.apiVersion, object.kind);
  return kind === undefined
    ? undefined
    : { kind, version: object.apiVersion.slice(object.apiVersion.indexOf('/') + 1) };
}

/** What the registry keeps of an object, without its memory of how that was written. */
function stored(object: KubeObject): unknown {
  const known = kindOf(object);
  if (known === undefined) return object;
  const { kind, version } = known;
  const { metadata, spec } = toStorage(kind, version, object) as KubeObject & { spec: unknown };
  const annotations = Object.fromEntries(
    Object.entries(metadata.annotations ?? {}).filter(([name]) => !name.startsWith('slipway.dev/')),
  );
  const own = Object.keys(annotations).length === 0 ? {} : { annotations };
  return JSON.parse(
    JSON.stringify({ metadata: { ...metadata, annotations: undefined, ...own }, spec }).replaceAll(
      '$(inputs.params.',
      '$(params.',
    ),
  );
}

const OLDER = ['Task', 'TaskRun', 'Pipeline', 'PipelineRun'].flatMap((name) =>
  ['v1alpha1', 'v1beta1'].map((version) => ({ kind: resourceKindOf('tekton.dev/v1', name)!, version })),
);

describe(`files of objects made by chance (SLIPWAY_SEED=${SEED})`, () => {
  it.each(OLDER)('convert to what the registry stores of $kind.kind in $version', ({ kind, version }) => {
    for (let round = 0; round < ROUNDS; round++) {
      const plain = withoutResources(randomObject(kind, version, SEED + round * 7919));
      for (const style of [{}, { indentSeq: false }, { collectionStyle: 'flow' as const }]) {
        const text = stringify(plain, { ...style, lineWidth: 0, version: '1.1' });
        const { files, problems } = converted(text);
        const [after] = objectsOf(files[0]!.text);
        expect({ round, text, problems: problems.filter(({ message }) => !message.includes('ignores it')) }).toEqual({
          round,
          text,
          problems: [],
        });
        expect({ round, apiVersion: after!.apiVersion }).toEqual({ round, apiVersion: 'tekton.dev/v1' });
        expect({ round, text, stored: stored(after!) }).toEqual({ round, text, stored: stored(plain) });
        expect(converted(files[0]!.text).files[0]!.text).toBe(files[0]!.text);
      }
    }
  });
});

/** Resources and Conditions of 2020 become other things, which no storage of the same object has. */
function withoutResources<T>(value: T): T {
  const text = JSON.stringify(value, (key, member: unknown) => {
    const isResources = key === 'resources' && typeof member === 'object' && member !== null;
    if (key === 'conditions' || key === 'outputs' || key === 'status') return undefined;
    if (isResources && (Array.isArray(member) || 'inputs' in member || 'outputs' in member || 'results' in member))
      return undefined;
    return member;
  });
  return JSON.parse(text) as T;
}

const root = sharedData('conformance');
const SETS = ['tekton-v0.10', 'tekton-v1alpha1', 'tekton-v1beta1', 'knative-build'];

(root === undefined ? describe.skip : describe)('files that other systems run', () => {
  test.each(SETS)('are admitted as v1, or left and told: %s', (set) => {
    const files = readdirSync(join(root!, set), { withFileTypes: true, recursive: true }).filter(
      (file) => file.isFile() && /\.ya?ml$/.test(file.name),
    );
    let count = 0;
    for (const { parentPath, name } of files) {
      const text = readFileSync(join(parentPath, name), 'utf8');
      const { files: after, problems } = converted(text);
      const hasOld = objectsOf(after[0]!.text).filter(isOld);
      expect({ name, told: problems.length > 0 }).toEqual({ name, told: hasOld.length > 0 });
      if (problems.length > 0) continue;
      count++;
      const before = objectsOf(text);
      for (const object of objectsOf(after[0]!.text))
        expect({ name, wrong: wrongWith(object) }).toEqual({ name, wrong: [] });
      if (!/resources:|conditions:|ClusterTask|knative/.test(text)) {
        expect({ name, stored: objectsOf(after[0]!.text).map(stored) }).toEqual({ name, stored: before.map(stored) });
      }
      expect(converted(after[0]!.text).files[0]!.text).toBe(after[0]!.text);
    }
    expect(count).toBeGreaterThan(files.length / 2);
  });
});

const TEMPLATES = resolve(import.meta.dirname, '../examples/build-templates');

test.each(readdirSync(TEMPLATES))('examples/build-templates/%s is admitted as v1, or told', (name) => {
  const { files, problems } = converted(readFileSync(join(TEMPLATES, name), 'utf8'));
  const several = name.endsWith('-helper.yaml'); // their Builds compose two templates
  expect(problems.map(({ message }) => message)).toEqual(
    several ? [expect.stringContaining('it composes several templates') as string] : [],
  );
  const objects = objectsOf(files[0]!.text);
  expect(objects.filter(isOld)).toHaveLength(several ? 1 : 0);
  expect(objects.flatMap(wrongWith)).toEqual([]);
});

function isOld({ apiVersion, kind }: KubeObject): boolean {
  if (apiVersion.startsWith('build.knative.dev')) return true;
  return /^tekton.dev\/v1(alpha|beta)1$/.test(apiVersion) && kind !== 'StepAction' && kind !== 'CustomRun';
}

/** What the registry says of an object of a kind that `convert` makes. */
function wrongWith(object: KubeObject): unknown[] {
  const known = kindOf(object);
  if (known?.kind.group !== 'tekton.dev') return [];
  const named = { ...object, metadata: { ...object.metadata, name: object.metadata.name ?? 'made' } };
  const decoded = decode(known.kind, known.version, named);
  return [...decoded.unknownFields, ...validate(known.kind, toStorage(known.kind, known.version, decoded.object))];
}

const TEMPLATE = `
apiVersion: build.knative.dev/v1alpha1
kind: BuildTemplate
metadata: {name: t}
spec:
  parameters:
  - name: A
  - {name: B, default: b}
  - {name: CACHE, default: none}
  steps:
  - name: one
    image: x/\${A}
    args: ['\${B} \${C} \${SHELL} $B', "\${A}"]
    env:
    - {name: E, value: '\${B}'}
    - {name: F, valueFrom: {configMapKeyRef: {name: '\${A}', key: k}}}
    volumeMounts: [{name: '\${CACHE}', mountPath: '/c/\${A}'}]
    resources: {limits: {cpu: 1}}
  volumes:
  - {name: none, emptyDir: {}}
  - {name: '\${B}', secret: {secretName: 's-\${A}'}}
`;

const builds: [what: string, template: string][] = [
  ['its arguments', 'arguments: [{name: A, value: a1}, {name: B, value: "\${A}"}]'],
  ['an argument that is not declared', 'arguments: [{name: A, value: a}, {name: C, value: c}]'],
  [
    'env over that of the steps',
    'arguments: [{name: A, value: a}], env: [{name: E, value: "over \${B}"}, {name: G, value: g}]',
  ],
];

test.each(builds)('a run of a converted template does what the Build does with %s', (_what, given) => {
  const build = `apiVersion: build.knative.dev/v1alpha1\nkind: Build\nmetadata: {name: b}\nspec:\n  template: {name: t, ${given}}\n`;
  const [template, before] = [TEMPLATE, build].map((text) => objectsOf(text)[0]) as [BuildTemplate, Build];
  const flat = applyTemplates(before.spec, [{ use: before.spec.template!, template: template.spec }]) as FlatBuild;

  const { files, problems } = converted(TEMPLATE, build);
  expect(problems).toEqual([]);
  const [task, run] = files.map(({ text }) => objectsOf(text)[0]) as [Task, TaskRun];
  const values = new Map(
    (task.spec.params ?? []).map(({ name, default: value }) => [`params.${name}`, value as string]),
  );
  for (const { name, value } of run.spec.params ?? []) values.set(`params.${name}`, value as string);
  const spec = substituteDeep(task.spec, { ...emptyReplacements(), strings: values });
  const over = run.spec.podTemplate?.env ?? [];
  const steps = spec.steps!.map(({ computeResources, ...step }) => ({
    ...step,
    resources: computeResources,
    env: [...step.env!.filter(({ name }) => !over.some((one) => one.name === name)), ...over],
  }));
  expect(steps).toEqual(flat.steps);
  expect(spec.volumes).toEqual([...flat.volumes!, { name: 'home', emptyDir: {} }]);
});

test('docs/convert.md shows what is converted', () => {
  const page = readFileSync('docs/convert.md', 'utf8');
  const pairs = [...page.matchAll(/<!-- before -->\n\n```yaml\n([^]*?)```\n\n<!-- after -->\n\n```yaml\n([^]*?)```/g)];
  expect(pairs).toHaveLength(2);
  for (const [, before, after] of pairs) {
    const { files, problems } = converted(before!);
    expect(problems).toEqual([]);
    expect(files[0]!.text).toBe(after);
  }
});
