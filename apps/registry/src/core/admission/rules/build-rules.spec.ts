import { expectRow, problems, type Row } from '../validation-cases.js';

const step = { image: 'i' };
const git = { url: 'https://example.com/a', revision: 'main' };
const build = (spec: object, metadata: object = {}): string[] =>
  problems('Build', { metadata: { name: 'n', ...metadata }, spec: { steps: [step], ...spec } });
const templated = (spec: object): string[] => problems('Build', { spec: { template: { name: 't' }, ...spec } });
const named = (name: string): string[] => build({}, { name });
const annotated = (key: string, text: string): string[] => build({}, { annotations: { [key]: text } });

// prettier-ignore
const rows: Row[] = [
  { says: 'nothing against steps', of: build({}), is: [] },
  { says: 'nothing against a template', of: templated({ timeout: '24h' }), is: [] },

  // Names.
  { says: 'that a name has no dots', of: named('a.b'), is: ['metadata.name: Invalid resource name: special character . can not be present'] },
  { says: 'that a name has at most 63 characters', of: named('a'.repeat(64)), is: ['metadata.name: Invalid resource name: length must be no more than 63 characters'] },

  // Steps.
  { says: 'that there are steps or a template', of: build({ steps: undefined }), is: ['spec.steps: expected exactly one, got neither: spec.steps, spec.template'] },
  { says: 'that an empty list is no steps', of: build({ steps: [] }), is: ['spec.steps: expected exactly one, got neither: spec.steps, spec.template'] },
  { says: 'that there are not both', of: build({ template: { name: 't' } }), is: ['spec.steps: expected exactly one, got both: spec.steps, spec.template'] },
  { says: 'that every step has an image', of: build({ steps: [step, {}] }), is: ['spec.steps[1].image: missing field(s)'] },
  { says: 'that names of steps are unique', of: build({ steps: [{ ...step, name: 'a' }, { ...step, name: 'a' }] }), is: ['spec.steps[1].name: step name "a" must be unique: spec.steps[0] has it'] },
  { says: 'nothing against steps without names', of: build({ steps: [step, step, step] }), is: [] },
  { says: 'that a step is not called as a source is', of: build({ steps: [{ ...step, name: 'git-source-a' }], sources: [{ name: 'a', git }] }), is: ['spec.steps[0].name: step name "git-source-a" must be unique: spec.sources[0] has it'] },
  { says: 'that a name is a label', of: build({ steps: [{ ...step, name: 'A_b' }] }), is: ['spec.steps[0].name: invalid value: A_b (must be a DNS label: lower case letters, digits and "-")'] },
  { says: 'that a name and its prefix fit into a container name', of: build({ steps: [{ ...step, name: 'a'.repeat(53) }] }), is: [/must be no more than 52 characters/] },
  { says: 'that nothing is mounted over the platform', of: build({ steps: [{ ...step, volumeMounts: [{ name: 'v', mountPath: '/x/../tekton/bin' }] }] }), is: ['spec.steps[0].volumeMounts[0].mountPath: invalid value: /x/../tekton/bin (nothing can be mounted below /tekton)'] },
  { says: 'that no placeholder stands in another', of: build({ steps: [{ ...step, args: ['${A${B}}'] }] }), is: ['spec.steps[0].args[0]: NestedPlaceholder: nested placeholder in step 0 arg 0: "${A${B}}"'] },

  // With a template too, where Knative looked at nothing more.
  { says: 'that a timeout is not negative', of: templated({ timeout: '-1s' }), is: ['spec.timeout: expected 0s <= -1s <= 24h0m0s'] },
  { says: 'that a timeout is at most a day', of: templated({ timeout: '36h' }), is: ['spec.timeout: expected 0s <= 36h0m0s <= 24h0m0s'] },
  { says: 'that names of volumes are unique', of: templated({ volumes: [{ name: 'v' }, { name: 'v' }] }), is: ['spec.volumes[1].name: multiple volumes with same name "v"'] },
  { says: 'that a volume is not one that is there already', of: templated({ volumes: [{ name: 'workspace' }, { name: 'home' }, { name: 'secret-volume-x' }] }), is: [/^spec.volumes\[0\].name: invalid value: workspace/, /^spec.volumes\[1\].name: invalid value: home/, /^spec.volumes\[2\].name: invalid value: secret-volume-x/] },
  { says: 'that a gitRepo volume has a repository', of: templated({ volumes: [{ name: 'v', gitRepo: {} }, { name: 'w', gitRepo: { repository: '' } }] }), is: ['spec.volumes[0].gitRepo.repository: missing field(s)', 'spec.volumes[1].gitRepo.repository: missing field(s)'] },
  { says: 'that sources are well', of: templated({ sources: [{ git, gcs: {} }] }), is: [/^spec.sources\[0\].git: expected exactly one, got both/, 'spec.sources[0].gcs.location: missing field(s)'] },
  { says: 'which kinds of template there are', of: build({ steps: undefined, template: { name: 't', kind: 'Task' } }), is: ['spec.template.kind: invalid value: Task (must be BuildTemplate or ClusterBuildTemplate)'] },
  { says: 'that a template is named', of: build({ steps: undefined, template: {} }), is: ['spec.template.name: missing field(s)'] },
  { says: 'that an argument is given once', of: build({ steps: undefined, template: { name: 't', arguments: [{ name: 'A', value: '1' }, { name: 'A', value: '2' }] } }), is: ['spec.template.arguments[1].name: DuplicateArgName: duplicate argument name "A": it must be unique'] },

  // Asked to end, in both spellings.
  { says: 'nothing against BuildCancelled', of: [...build({ status: 'BuildCancelled' }), ...build({ Status: 'BuildCancelled' })], is: [] },
  { says: 'that nothing else can be asked', of: [...build({ status: 'Stop' }), ...build({ Status: 'Stop' })], is: ['spec.status: invalid value: Stop (must be BuildCancelled)', 'spec.Status: invalid value: Stop (must be BuildCancelled)'] },

  // Annotations.
  { says: 'nothing against a Build of the templates of its annotation', of: problems('Build', { metadata: { name: 'n', annotations: { 'slipway.dev/templates': '- name: a\n' } }, spec: {} }), is: [] },
  { says: 'that the limit of waiting is a duration', of: annotated('slipway.dev/pending-timeout', 'soon'), is: [/^metadata.annotations\[slipway.dev\/pending-timeout\]: invalid value: soon/] },

  // All at once.
  {
    says: 'everything at once',
    of: problems('Build', { metadata: { name: 'a.b' }, spec: { timeout: '36h', source: {}, volumes: [{ name: 'home' }] } }),
    is: [/^metadata.name/, /^spec.steps/, /^spec.source.git: expected exactly one, got neither/, /^spec.volumes/, /^spec.timeout/],
  },
];
describe('validation says of a Build', () => {
  test.each(rows)('$says', expectRow);
});

const sources = (...list: object[]): string[] => build({ sources: list });
const at = (targetPath: string, more: object = {}): object => ({
  name: `s-${targetPath.length}`,
  git,
  targetPath,
  ...more,
});

// prettier-ignore
const sourceRows: Row[] = [
  { says: 'nothing against one source, or several', of: [...build({ source: { git } }), ...sources(at('a'), at('bb'), { name: 'root', git })], is: [] },
  { says: 'that there is one field of sources', of: build({ source: { git }, sources: [{ git }] }), is: ['spec.source: expected exactly one, got both: spec.source, spec.sources'] },
  { says: 'that a git source names what and which', of: build({ source: { git: { url: ' ' } } }), is: ['spec.source.git.url: missing field(s)', 'spec.source.git.revision: missing field(s)'] },
  { says: 'of which type and where a gcs source is', of: build({ source: { gcs: { type: 'Zip', location: 'https://x' } } }), is: ['spec.source.gcs.type: invalid value: Zip (must be Archive or Manifest)', 'spec.source.gcs.location: invalid value: https://x (must be gs://BUCKET/OBJECT)'] },
  { says: 'that a custom source has an image, and neither a name nor a target', of: build({ source: { custom: { name: 'c' }, targetPath: 'a' } }), is: ['spec.source.custom.image: missing field(s)', /^spec.source.custom.name: invalid value: c/, /^spec.source.targetPath: invalid value: a/] },
  { says: 'that names are unique', of: sources({ name: 'a', git }, { name: 'a', git, targetPath: 'x' }), is: ['spec.sources[1].name: source name "a" must be unique'] },
  { says: 'that two without a name have the same', of: sources({ custom: step }, { custom: step }), is: ['spec.sources[1].name: source name "" must be unique'] },
  { says: 'that one source at most is put into /workspace itself', of: sources({ name: 'a', git }, { name: 'b', git, targetPath: './' }), is: ['spec.sources[1].targetPath: multiple sources without a targetPath'] },
  { says: 'nothing against a custom source beside that one', of: sources({ name: 'a', git }, { name: 'b', custom: step }), is: [] },
  { says: 'that no target is another, or below it', of: sources(at('foo'), at('foo/x'), at('./foo//')), is: ['spec.sources[1].targetPath: invalid value: foo/x (overlaps with spec.sources[0].targetPath)', 'spec.sources[2].targetPath: invalid value: ./foo// (overlaps with spec.sources[0].targetPath)'] },
  { says: 'nothing against targets that only begin with the same letters', of: sources(at('foo'), at('foobar/x')), is: [] },
  { says: 'that targets and sub paths stay in /workspace', of: build({ source: { git, targetPath: '/a', subPath: 'a/../..' } }), is: [/^spec.source.targetPath: invalid value: \/a \(must be a path below/, 'spec.source.subPath: invalid value: a/../.. (must not contain "..")'] },
  { says: 'that /workspace cannot be two directories', of: sources({ name: 'a', git, subPath: 'x' }, { name: 'b', git, targetPath: 'b', subPath: 'y' }), is: [/^spec.sources\[0\].subPath: invalid value: x/, /^spec.sources\[1\].subPath: invalid value: y/] },
  { says: 'nothing against sub paths that each are below their own target', of: sources(at('a', { subPath: 'a/x' }), at('bb', { subPath: 'bb' })), is: [] },
  { says: 'that the name of a source fits into that of its container', of: sources({ name: 'a'.repeat(60), git }), is: [/must be no more than 38 characters/] },
];
describe('validation says of the sources of a Build', () => {
  test.each(sourceRows)('$says', expectRow);
});

const template = (spec: object, kind = 'BuildTemplate'): string[] =>
  problems(kind, { spec: { steps: [step], ...spec } });

// prettier-ignore
const templateRows: Row[] = [
  { says: 'nothing against placeholders in names', of: template({ steps: [{ name: '${A}', image: '${B}' }, { name: '${A}', image: 'i' }], volumes: [{ name: '${C}' }] }), is: [] },
  { says: 'that there is a step', of: template({ steps: [] }), is: ['spec.steps: missing field(s)'] },
  { says: 'that a parameter is declared once', of: template({ parameters: [{ name: 'A' }, { name: 'A' }] }), is: ['spec.parameters[1].name: parameter name "A" must be unique'] },
  { says: 'that a parameter has a name', of: template({ parameters: [{}] }), is: ['spec.parameters[0].name: missing field(s)'] },
  { says: 'what is wrong with its steps and volumes', of: template({ steps: [{}], volumes: [{ name: 'home' }] }, 'ClusterBuildTemplate'), is: ['spec.steps[0].image: missing field(s)', /^spec.volumes\[0\].name: invalid value: home/] },
  { says: 'every nested placeholder, by field', of: template({ steps: [{ image: 'i', args: ['${A ${B}}'], command: ['${C$D}'] }] }), is: [/^spec.steps\[0\].args\[0\]: NestedPlaceholder/, /^spec.steps\[0\].command\[0\]: NestedPlaceholder/] },
  { says: 'that its name has no dots', of: problems('BuildTemplate', { metadata: { name: 'a.b' }, spec: { steps: [step] } }), is: [/special character/] },
];
describe('validation says of a template', () => {
  test.each(templateRows)('$says', expectRow);
});

describe('validation says of an Image', () => {
  test('that it names one', () => {
    expect(problems('Image', { spec: {} })).toEqual(['spec.image: missing field(s)']);
    expect(problems('Image', { spec: { image: 'i' } })).toEqual([]);
  });
});

describe('validation says of a changed Build', () => {
  const spec = { steps: [step] };
  test('nothing where it is asked to end', () => {
    expect(problems('Build', { spec: { ...spec, status: 'BuildCancelled' } }, { spec })).toEqual([]);
    expect(problems('Build', { spec: { ...spec, Status: 'BuildCancelled' } }, { spec })).toEqual([]);
  });
  test('that the rest of it says what was built', () => {
    expect(problems('Build', { spec: { steps: [{ image: 'j' }] } }, { spec })).toEqual([
      'spec: invalid value: Once the Build has started, only status updates are allowed',
    ]);
  });
});
