// What the seeds need of the world, wherever their pods run: the repositories that they name, on a git server of the test, and the
// objects that are not in their files.

import { join } from 'node:path';
import { stringify } from 'yaml';
import type { GitServer } from '../apps/resources/test/git-server.js';

/** By the address that the files have. */
const REPOSITORIES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'https://github.com/GoogleContainerTools/skaffold': {
    'examples/microservices/leeroy-web/Dockerfile': 'FROM scratch',
  },
  'https://github.com/alicloud-demo/spring-cloud-demo': { 'pom.xml': '<project/>' },
  'https://github.com/isno/tekton-example': { 'src/main.go': 'package main', 'src/Dockerfile': 'FROM scratch' },
};

/** Commits what the seeds clone; the variables by which git finds it in place of the network. */
export function commitSources(git: GitServer): Record<string, string> {
  const mirrors = Object.entries(REPOSITORIES).map(([url, files]): [from: string, to: string] => {
    const name = url.slice(url.lastIndexOf('/') + 1);
    git.commit(name, files);
    return [url, `${git.url}/${name}.git`];
  });
  git.git(['tag', 'v0.32.0'], join(git.root, 'skaffold.work'));
  git.git(['push', '-q', join(git.root, 'skaffold.git'), 'v0.32.0'], join(git.root, 'skaffold.work'));
  return insteadOf(mirrors);
}

/** Of the file of the picture, each with those that must have ended before. */
export const ORDER_OF_THE_FIRST: readonly (readonly [earlier: string, later: string])[] = [
  ['test-app', 'build-app'],
  ['test-app', 'build-frontend'],
  ['build-app', 'deploy-all'],
  ['build-frontend', 'deploy-all'],
];

function insteadOf(mirrors: readonly (readonly [from: string, to: string])[]): Record<string, string> {
  const settings = mirrors.flatMap(([from, to], i) => [
    [`GIT_CONFIG_KEY_${i}`, `url.${to}.insteadOf`],
    [`GIT_CONFIG_VALUE_${i}`, from],
  ]);
  return { GIT_CONFIG_COUNT: String(mirrors.length), ...(Object.fromEntries(settings) as Record<string, string>) };
}

/** The file of the picture has a Pipeline alone: its tasks, resources and a run of it. */
export function whatTheFirstNeeds(gitUrl: string): string {
  const tasks: [name: string, task: string, inputs: string[], outputs: string[]][] = [
    ['pylint', 'lint-repo', ['workspace'], []],
    ['make-test', 'test-app', ['workspace'], []],
    ['kaniko-build-app', 'build-app', ['workspace'], ['image']],
    ['kaniko-build-frontend', 'build-frontend', ['workspace'], ['image']],
    ['deploy-kubectl', 'deploy-all', ['my-app-image', 'my-frontend-image'], []],
  ];
  const typed = (name: string) => ({ name, type: name === 'workspace' ? 'git' : 'image' });
  const apiVersion = 'tekton.dev/v1alpha1';
  const objects = [
    ...tasks.map(([name, task, inputs, outputs]) => ({
      apiVersion,
      kind: 'Task',
      metadata: { name },
      spec: {
        inputs: { resources: inputs.map(typed) },
        outputs: { resources: outputs.map(typed) },
        steps: [{ name: 'work', image: 'busybox', script: `echo ${task} begins; sleep 0.2; echo ${task} ends` }],
      },
    })),
    ...['my-app-image', 'my-frontend-image'].map((name) => ({
      apiVersion,
      kind: 'PipelineResource',
      metadata: { name },
      spec: { type: 'image', params: [{ name: 'url', value: `localhost:5000/${name}` }] },
    })),
    {
      apiVersion,
      kind: 'PipelineResource',
      metadata: { name: 'my-repo' },
      spec: { type: 'git', params: [{ name: 'url', value: `${gitUrl}/skaffold.git` }] },
    },
    {
      apiVersion,
      kind: 'PipelineRun',
      metadata: { generateName: 'picture-' },
      spec: {
        pipelineRef: { name: 'build-test-deploy' },
        resources: ['my-repo', 'my-app-image', 'my-frontend-image'].map((name) => ({ name, resourceRef: { name } })),
      },
    },
  ];
  return objects.map((object) => stringify(object)).join('---\n');
}
