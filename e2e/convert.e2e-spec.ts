// Converted files run to the outcome that what they were converted from has.

import { slipway } from './slipway-run.js';

const BUILDS = `
apiVersion: build.knative.dev/v1alpha1
kind: BuildTemplate
metadata: {name: words}
spec:
  parameters:
  - name: WORD
  - {name: CACHE, default: none}
  steps:
  - image: ubuntu
    args: ['touch', '/cache/mark']
    volumeMounts: [{name: '\${CACHE}', mountPath: /cache}]
  - image: ubuntu
    command: [bash, -c]
    env: [{name: SAID, value: step}]
    args:
    - |
      set -eu
      test -e /cache/mark
      test "$PWD $HOME $SAID" = "/workspace /builder/home over \${WORD}"
      test "\${WORD} \${UNKNOWN:-shell}" = "hello shell"
      if test -n "\${FILE}"; then grep -q made "\${FILE}"; fi
    volumeMounts: [{name: '\${CACHE}', mountPath: /cache}]
  volumes:
  - {name: none, emptyDir: {}}
---
apiVersion: build.knative.dev/v1alpha1
kind: Build
metadata: {name: by-template}
spec:
  template:
    name: words
    arguments: [{name: WORD, value: hello}, {name: FILE, value: ''}, {name: CACHE, value: own}]
    env: [{name: SAID, value: 'over \${WORD}'}]
  volumes: [{name: own, emptyDir: {}}]
---
apiVersion: build.knative.dev/v1alpha1
kind: Build
metadata: {name: with-source}
spec:
  source:
    custom: {image: busybox, command: [sh, -c, 'mkdir sub; echo made > sub/file']}
    subPath: sub
  template:
    name: words
    arguments: [{name: WORD, value: hello}, {name: FILE, value: file}]
    env: [{name: SAID, value: 'over \${WORD}'}]
`
  .replace('${UNKNOWN:-shell}', '${SHELL_WORD}')
  .replace('set -eu', 'SHELL_WORD=shell; set -eu');

const OLDER = `
apiVersion: tekton.dev/v1alpha1
kind: ClusterTask
metadata: {name: shared}
spec:
  inputs:
    params: [{name: word}]
  steps:
  - {image: busybox, command: [test, '\${inputs.params.word}', '=', hello]}
---
apiVersion: tekton.dev/v1alpha1
kind: Condition
metadata: {name: is-hello}
spec:
  params: [{name: word}]
  check: {image: busybox, command: [test, $(params.word), '=', hello]}
---
apiVersion: tekton.dev/v1alpha1
kind: Pipeline
metadata: {name: guarded}
spec:
  tasks:
  - name: yes
    conditions: [{conditionRef: is-hello, params: [{name: word, value: hello}]}]
    taskRef: {name: shared, kind: ClusterTask}
    params: [{name: word, value: hello}]
  - name: no
    conditions: [{conditionRef: is-hello, params: [{name: word, value: other}]}]
    taskRef: {name: shared, kind: ClusterTask}
    params: [{name: word, value: other}]
  - name: after-no
    runAfter: ['no']
    taskRef: {name: shared, kind: ClusterTask}
    params: [{name: word, value: other}]
---
apiVersion: tekton.dev/v1alpha1
kind: PipelineRun
metadata: {name: guarded}
spec:
  pipelineRef: {name: guarded}
`
  .replace('- name: yes', "- name: 'yes'")
  .replace('- name: no\n', "- name: 'no'\n");

const FAILING = `
apiVersion: build.knative.dev/v1alpha1
kind: Build
metadata: {name: fails}
spec:
  steps: [{image: ubuntu, args: ['false']}]
`;

test.each([
  ['Builds of a template, with and without a source', BUILDS, 0],
  ['ClusterTasks and Conditions of v1alpha1', OLDER, 0],
  ['a Build that fails', FAILING, 1],
])(
  '%s end as before',
  async (_what, input, code) => {
    const before = await slipway(['run', '-'], { input });
    expect({ what: 'before', ...before }).toMatchObject({ code });
    const converted = await slipway(['convert', '-'], { input });
    expect(converted).toMatchObject({ code: 0, stderr: '' });
    expect(converted.stdout).not.toMatch(/v1alpha1/);
    const after = await slipway(['run', '-'], { input: converted.stdout });
    expect({ what: 'after', ...after }).toMatchObject({ code });
  },
  300_000,
);
