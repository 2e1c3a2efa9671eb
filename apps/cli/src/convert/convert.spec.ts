import { parse } from 'yaml';
import { convertFiles } from './convert.js';

const convert = (...texts: string[]) =>
  convertFiles(
    texts.map((text, i) => ({ name: `f${i}.yaml`, text })),
    { sharedNamespace: 'shared' },
  );
const build = (spec: string, metadata = '{name: b}'): string =>
  `apiVersion: build.knative.dev/v1alpha1\nkind: Build\nmetadata: ${metadata}\nspec: ${spec}\n`;
const older = (kind: string, spec: string): string =>
  `apiVersion: tekton.dev/v1alpha1\nkind: ${kind}\nmetadata: {name: x}\nspec: ${spec}\n`;

// prettier-ignore
const left: [what: string, texts: string[], line: number, because: RegExp][] = [
  ['a Build of several templates', [build('{template: {name: t}}', "{name: b, annotations: {slipway.dev/templates: '- name: u'}}")], 1, /several templates/],
  ['a Build of several parts of sources', [build('\n  sources:\n  - {name: a, git: {url: u, revision: r}, targetPath: a, subPath: a/x}\n  - {name: b, git: {url: u, revision: r}, targetPath: b, subPath: b/y}\n  steps: [{image: x}]')], 7, /several of its sources have a subPath/],
  ['a source of type Manifest', [build('\n  source:\n    gcs: {type: Manifest, location: gs://b/m}\n  steps: [{image: x}]')], 6, /type Manifest/],
  ['a template with a placeholder in another', [build('{template: {name: t}}').replace(/Build\n/, 'BuildTemplate\n').replace(/spec: .*/, "spec:\n  steps:\n  - image: '${A${B}}'")], 6, /placeholder stands in another/],
  ['a parameter that no param can be called', [build('{parameters: [{name: "a b"}], steps: [{image: x}]}').replace(/Build\n/, 'BuildTemplate\n')], 4, /cannot be called "a b"/],
  ['a resource that no file has', [older('TaskRun', '\n  taskRef: {name: t}\n  resources:\n    inputs:\n    - {name: s, resourceRef: {name: gone}}')], 8, /"gone" is in none of the files/],
  ['what another task made of a resource', [older('Pipeline', '\n  resources: [{name: r, type: git}]\n  tasks:\n  - name: a\n    taskRef: {name: t}\n    resources:\n      inputs:\n      - {name: s, resource: r, from: [b]}')], 11, /what another task made/],
  ['a resource of a type that v1 has nothing for', [older('Task', '{resources: {inputs: [{name: s, type: storage}]}, steps: [{image: x}]}')], 4, /type storage has no form/],
  ['a merge of maps', [older('Task', '{stepTemplate: &a {image: x}, sidecars: [{<<: *a}]}')], 4, /merges another map/],
]; // prettier-ignore

test.each(left)('leaves %s byte for byte, and says where and why (V2)', (_what, texts, line, because) => {
  const { files, problems, converted } = convert(...texts);
  expect(files.map(({ text }) => text)).toEqual(texts);
  expect(converted).toBe(0);
  expect(problems).toHaveLength(1);
  expect(problems[0]!.message).toMatch(because);
  expect(problems[0]!.place).toMatchObject({ file: 'f0.yaml', document: 1, line });
  expect(problems[0]!.hint).toBeDefined();
});

test.each([
  ['timeout: 0s', 'timeout: 10m'],
  ['timeout: 5m, status: ""', 'timeout: 5m'],
  ['timeout: 5m, status: "", Status: BuildCancelled', 'status: TaskRunCancelled, timeout: 5m'],
])('a Build of {%s} becomes a TaskRun of {%s}', (given, then) => {
  const text = convert(build(`{${given}, steps: [{image: x}]}`)).files[0]!.text;
  const run = parse(text) as { spec: Record<string, unknown> };
  delete run.spec['taskSpec'];
  expect(run.spec).toEqual(parse(`{${then}}`));
});

test('resources that belong together are converted together or not at all', () => {
  const resource = older('PipelineResource', '{type: git, params: [{name: url, value: u}, {name: depth, value: "1"}]}');
  const task = older('Task', '{resources: {inputs: [{name: s, type: git}]}, steps: [{image: x}]}');
  const run = older('TaskRun', '{taskRef: {name: x}, resources: {inputs: [{name: s, resourceRef: {name: x}}]}}');
  const { files, problems } = convert(`${resource}---\n${task}---\n${run}`);
  expect(files[0]!.text).toBe(`${resource}---\n${task}---\n${run}`);
  expect(problems.map(({ message }) => message)).toEqual([expect.stringContaining('sets "depth"')]);
});

test('documents of others, what is v1 already and comments of all stay byte for byte (V1)', () => {
  const text = `# head\n\n---\napiVersion: apps/v1\nkind: Deployment\nspec: {a:   b}\n---\napiVersion: tekton.dev/v1\nkind: Task\nspec:   {}\n---\n# only this\n`;
  expect(convert(text)).toMatchObject({ files: [{ text }], problems: [], converted: 0 });
});

test('a list keeps its other items', () => {
  const item = 'kind: Task\n  metadata: {name: t}\n  spec: {steps: [{image: x, resources: {}}]}';
  const text = `apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Secret\n- apiVersion: tekton.dev/v1beta1\n  ${item}\n`;
  expect(convert(text).files[0]!.text).toBe(text.replace('v1beta1', 'v1').replace('resources', 'computeResources'));
});

test('JSON stays JSON', () => {
  const text = JSON.stringify({
    apiVersion: 'tekton.dev/v1beta1',
    kind: 'Task',
    spec: { steps: [{ image: 'x', resources: {} }] },
  });
  const after = JSON.parse(convert(text).files[0]!.text) as unknown;
  expect(after).toEqual({
    apiVersion: 'tekton.dev/v1',
    kind: 'Task',
    spec: { steps: [{ image: 'x', computeResources: {} }] },
  });
});

test('what was for the whole cluster goes to the shared namespace', () => {
  const run = older('TaskRun', '{taskRef: {name: x, kind: ClusterTask}}');
  const { files } = convert(older('ClusterTask', '{steps: [{image: x}]}'), run);
  expect(files[0]!.text).toMatch(/kind: Task\nmetadata:\n {2}name: x\n {2}namespace: shared\n/);
  expect(files[1]!.text).toMatch(/resolver: cluster\n {4}params:\n(.*\n){4} {4}- name: namespace\n {6}value: shared/);
});
