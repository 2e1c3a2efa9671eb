import { readDocuments } from './documents.js';
import { inputError } from './problems.js';

const pipeline = 'apiVersion: tekton.dev/v1\nkind: Pipeline\nmetadata: {name: p}\n';

/** Every problem as one line, as the user sees it. */
function problemsOf(text: string): string[] {
  return inputError(readDocuments('f.yaml', text).problems).problems.map(
    ({ field, message }) => `${field}: ${message}`,
  );
}

// prettier-ignore
const refused: [given: string, text: string, then: string | RegExp][] = [
  ['text that is not YAML', 'a: [1,\nb: 2\n', /^f.yaml: document 1, line \d+, column \d+: /],
  ['a key that stands twice', `${pipeline}---\n${pipeline}spec:\n  tasks:\n  - name: a\n    name: b\n`,
    'f.yaml: document 2, line 11, column 5: spec.tasks[0].name: The key "name" stands here a second time; the first is in line 10.'],
  ['a list', '- a\n', 'f.yaml: document 1, line 1, column 1: This is a list, not an object with apiVersion, kind and metadata.'],
  ['a word', 'hello\n', 'f.yaml: document 1, line 1, column 1: This is the string "hello", not an object with apiVersion, kind and metadata.'],
  ['a missing apiVersion', 'kind: Task\n', 'f.yaml: document 1, line 1, column 1: apiVersion: Must be a string such as "tekton.dev/v1".'],
  ['a kind that is a number', 'apiVersion: v1\nkind: 3\n', 'f.yaml: document 1, line 2, column 1: kind: Must be a string such as "PipelineRun". (it is 3)'],
  ['a kind nobody knows', 'apiVersion: tekton.dev/v1\nkind: Pipelin\nmetadata: {name: a}\n',
    'f.yaml: document 1, line 2, column 1: kind: "Pipelin" of "tekton.dev/v1" is not a kind that Slipway runs.'],
  ['a version that is not served', 'apiVersion: tekton.dev/v2\nkind: Task\nmetadata: {name: a}\n',
    'f.yaml: document 1, line 1, column 1: apiVersion: "tekton.dev/v2" is not a version of Task.'],
  ['metadata that is a list', 'apiVersion: v1\nkind: Secret\nmetadata: []\n', 'f.yaml: document 1, line 3, column 1: metadata: Must be an object with a name.'],
  ['a name that is a number', 'apiVersion: v1\nkind: Secret\nmetadata: {name: 007}\n', 'f.yaml: document 1, line 3, column 12: metadata.name: Must be a string. (it is 7)'],
  ['no name at all', 'apiVersion: v1\nkind: Secret\nmetadata: {}\n', 'f.yaml: document 1, line 3, column 1: metadata.name: Is missing.'],
  ['a tag of another language', `${pipeline}spec: !!js/function "x"\n`, /Unresolved tag/],
  ['an item of a list', `apiVersion: v1\nkind: List\nitems:\n- ${pipeline.replaceAll('\n', '\n  ')}\n- kind: Task\n`,
    'f.yaml: document 1, line 8, column 3: items[1].apiVersion: Must be a string such as "tekton.dev/v1".'],
];

test.each(refused)('readDocuments refuses %s, and says where', (_given, text, then) => {
  const [first] = problemsOf(text);
  if (typeof then === 'string') expect(first).toBe(then);
  else expect(first).toMatch(then);
});

test('readDocuments refuses aliases that multiply without bounds', () => {
  const levels = 'bcdefghij'
    .split('')
    .map((name, i) => `${name}: &${name} [${Array(9).fill(`*${'abcdefghi'[i]}`).join(', ')}]`);
  const [problem] = problemsOf(`a: &a [x, x, x, x, x, x, x, x, x]\n${levels.join('\n')}\n`);
  expect(problem).toMatch(/aliases .* grow without bounds/);
});

test.each([`${'['.repeat(200_000)}`, `a: ${'{b: '.repeat(200_000)}`, `${'- '.repeat(100_000)}x`])(
  'readDocuments survives a document nested 100,000 deep',
  (text) => {
    expect(problemsOf(text).length).toBeGreaterThan(0);
  },
);

test('readDocuments finds every one of 262,144 mistakes, each at its place', () => {
  const { problems } = readDocuments('f.yaml', '}'.repeat(256 * 1024));
  expect(problems).toHaveLength(256 * 1024);
  expect(problems.at(-1)?.place).toEqual({ file: 'f.yaml', document: 1, line: 1, column: 256 * 1024 });
});

test('readDocuments finds every one of 150,000 repetitions of a key', () => {
  expect(readDocuments('f.yaml', 'a: 1\n'.repeat(150_001)).problems).toHaveLength(150_000);
});

test('readDocuments reports the problems of every document, and the healthy ones still as objects', () => {
  const { objects, problems } = readDocuments(
    'f.yaml',
    `${pipeline}---\nkind: Task\n---\n# nothing\n---\n${pipeline}---\n[]\n`,
  );
  expect(objects.map(({ place }) => place.document)).toEqual([1, 4]);
  expect(problems.map(({ place }) => place.document)).toEqual([2, 5]);
});

test.each(['.', '-.', 'e5', '.e5', '._'])('readDocuments takes %j for the text that it is, as kubectl does', (text) => {
  const { objects } = readDocuments('f.yaml', `${pipeline}spec: [${text}, 'x']\n`);
  expect((objects[0]?.object as unknown as { spec: unknown }).spec).toEqual([text, 'x']);
});

test('readDocuments reads scalars as kubectl does', () => {
  const text = `${pipeline}spec: {mode: 0644, on: yes, at: 1:30, day: 2020-01-01, big: 1_000, parts: [1.5, .5, 1e3], none: ~, text: "yes", <<: {merged: 1}}\n`;
  const { objects } = readDocuments('f.yaml', text);
  expect((objects[0]?.object as unknown as { spec: unknown }).spec).toEqual({
    mode: 420,
    true: true,
    at: '1:30',
    day: '2020-01-01',
    big: 1000,
    parts: [1.5, 0.5, 1000],
    none: null,
    text: 'yes',
    merged: 1, // prettier-ignore
  });
});

test('readDocuments keeps a key called __proto__ a key', () => {
  const { objects } = readDocuments('f.yaml', `${pipeline}spec: {__proto__: {polluted: true}}\n`);
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  expect(JSON.stringify(objects[0]?.object)).toContain('"__proto__":{"polluted":true}');
});

test('find shows the line and value of a field, or of its nearest parent', () => {
  const { objects } = readDocuments('f.yaml', `${pipeline}spec:\n  tasks:\n  - name: a\n    retries: many\n`);
  const find = objects[0]!.find;
  expect(find('spec.tasks[0].retries')).toEqual({
    place: { file: 'f.yaml', document: 1, line: 7, column: 5 },
    value: '"many"',
  });
  expect(find('spec.tasks[0].taskRef.name').place.line).toBe(6);
  expect(find('spec.finally[3]').place.line).toBe(4);
});
