import { readDocuments } from './documents.js';
import { lintObjects } from './lint.js';

const text = `
apiVersion: tekton.dev/v1
kind: Task
metadata: {name: deploy}
spec:
  steps:
  - name: say
    image: busybox
    script: |
      echo "$(params.who)"
      make $(params.target)
---
apiVersion: tekton.dev/v1alpha1
kind: Task
metadata: {name: old}
spec:
  steps:
  - image: busybox
    command: [sh, -c]
    args: ["make \${inputs.params.target}"]
`;

test('lintObjects names file and line of every variable in a shell script, old spellings too', () => {
  const { objects, problems } = readDocuments('t.yaml', text);
  expect(problems).toEqual([]);
  expect(lintObjects(objects)).toEqual([
    { text: expect.stringMatching(/^t\.yaml: document 1, line 9, .*step "say": line 1 .*in double quotes/) as string, quoting: 'double' },
    { text: expect.stringMatching(/^t\.yaml: document 1, line 9, .*step "say": line 2 .*unquoted.*"\$TARGET"/) as string, quoting: 'none' },
    { text: expect.stringMatching(/^t\.yaml: document 2, line 20, .*task "old", step "0": line 1 of its shell command/) as string, quoting: 'none' },
  ]);
}); // prettier-ignore
