import type { Build } from '@slipway/contracts';
import { templatesAnnotationProblems } from './templates-annotation.js';

const PLACE = 'metadata.annotations[slipway.dev/templates]';

function build(annotation: string | undefined, spec: Build['spec'] = { steps: [{ name: 's', image: 'i' }] }): Build {
  const annotations = annotation === undefined ? {} : { 'slipway.dev/templates': annotation };
  return { apiVersion: 'build.knative.dev/v1alpha1', kind: 'Build', metadata: { name: 'b', annotations }, spec };
}

function said(...given: Parameters<typeof templatesAnnotationProblems>): string[] {
  return templatesAnnotationProblems(...given).map(({ field, message }) => `${field}: ${message}`);
}

/** Small as it is written; 2^30 names when it is read. */
const BOMB = `- &a0 [x, x]\n${Array.from({ length: 30 }, (_, i) => `- &a${i + 1} [*a${i}, *a${i}]`).join('\n')}`;

const rows: [says: string, annotation: string | undefined, problems: (string | RegExp)[]][] = [
  ['nothing of a Build that has none', undefined, []],
  ['nothing of one that is empty', '', []],
  ['nothing of a list of templates', '- name: a\n- { name: b, kind: ClusterBuildTemplate, arguments: [{ name: A, value: "1" }], env: [{ name: E }] }', []],
  ['that it is YAML', '[{', [/^metadata\.annotations\[slipway\.dev\/templates\]: .*not valid YAML/]],
  ['that it is no bomb of aliases', BOMB, [/^metadata\.annotations\[slipway\.dev\/templates\]: (?!must be a list)/]],
  ['that it is a list', 'name: a', [/^metadata\.annotations\[slipway\.dev\/templates\]: must be a list of templates/]],
  ['which of the list has no name', '- name: a\n- kind: BuildTemplate', [`${PLACE}[1].name: must be a name`]],
  ['which field nobody knows', '- { name: a, params: [] }', [`${PLACE}[0].params: unknown field`]],
  ['that an argument is a text', '- { name: a, arguments: [{ name: A, value: 1 }] }', [`${PLACE}[0].arguments[0].value: must be a text; quote numbers and true or false`]],
  ['that there is the kind', '- { name: a, kind: Task }', [`${PLACE}[0].kind: invalid value: Task (must be BuildTemplate or ClusterBuildTemplate)`]],
  ['that an argument is given once', '- { name: a, arguments: [{ name: A, value: "1" }, { name: A, value: "2" }] }', [`${PLACE}[0].arguments[1].name: DuplicateArgName: duplicate argument name "A": it must be unique`]],
]; // prettier-ignore

test.each(rows)('admission says of the templates of a Build’s annotation %s', (_says, annotation, problems) => {
  const found = said(build(annotation));
  expect(found).toHaveLength(problems.length);
  problems.forEach((problem, i) => expect(found[i]).toMatch(problem));
});

test('an empty list is no template: a Build needs steps or one', () => {
  expect(said(build('[]', {}))).toEqual([expect.stringMatching(/^spec\.steps: expected exactly one, got neither/)]);
  expect(said(build('[]'))).toEqual([]);
});

test('what was admitted once is not looked at again, what changes is', () => {
  expect(said(build('name: a'), build('name: a'))).toEqual([]);
  expect(said(build('name: a'), build('- name: a'))).toHaveLength(1);
});

test('a kind that has no templates may bear any annotation', () => {
  expect(said({ ...build('name: a'), kind: 'TaskRun' })).toEqual([]);
});
