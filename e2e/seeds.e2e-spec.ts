// The pipelines by which people first meet such systems run unmodified. The network they name is replaced: git URLs by git's
// own rewriting, images by stand-ins.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sharedData } from '@slipway/testing';
import { startGitServer, type GitServer } from '../apps/resources/test/git-server.js';
import { slipway } from './slipway-run.js';
import { writeStandIns } from './stand-ins.js';

const seeds = sharedData('seeds');
const describeSeeds = seeds === undefined ? describe.skip : describe;

describeSeeds('seeds', () => {
  let folder: string;
  let git: GitServer;
  let images: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'slipway-seeds-'));
    images = writeStandIns(folder);
    git = await startGitServer();
    git.commit('skaffold', { 'examples/microservices/leeroy-web/Dockerfile': 'FROM scratch' });
    git.git(['tag', 'v0.32.0'], join(git.root, 'skaffold.work'));
    git.git(['push', '-q', join(git.root, 'skaffold.git'), 'v0.32.0'], join(git.root, 'skaffold.work'));
    git.commit('spring-cloud-demo', { 'pom.xml': '<project/>' });
    git.commit('tekton-example', { 'src/main.go': 'package main', 'src/Dockerfile': 'FROM scratch' });
  });
  afterAll(async () => {
    await git.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const run = (text: string) =>
    slipway(['run', '-', '--images', images], {
      input: text,
      env: {
        GIT_CONFIG_COUNT: '3',
        ...insteadOf(0, 'https://github.com/GoogleContainerTools/skaffold', `${git.url}/skaffold.git`),
        ...insteadOf(1, 'https://github.com/alicloud-demo/spring-cloud-demo', `${git.url}/spring-cloud-demo.git`),
        ...insteadOf(2, 'https://github.com/isno/tekton-example', `${git.url}/tekton-example.git`),
      },
    });
  const seed = (name: string): string => readFileSync(join(seeds!, name), 'utf8');

  test('01 runs in the order of its picture', async () => {
    const { code, stdout, stderr } = await run(`${seed('01-dag-pipeline.yaml')}\n---\n${whatTheFirstNeeds(git.url)}`);
    expect([code, stderr.includes('error')]).toEqual([0, false]);
    const at = (line: string): number => stdout.indexOf(line);
    for (const task of ['lint-repo', 'test-app', 'build-app', 'build-frontend', 'deploy-all']) {
      expect([task, at(`${task} begins`) >= 0, at(`${task} ends`) >= 0]).toEqual([task, true, true]);
    }
    for (const [earlier, later] of [
      ['test-app', 'build-app'],
      ['test-app', 'build-frontend'],
      ['build-app', 'deploy-all'],
      ['build-frontend', 'deploy-all'],
    ]) {
      expect([earlier, later, at(`${earlier} ends`) < at(`${later} begins`)]).toEqual([earlier, later, true]);
    }
  });

  test('02 has the chain of git source, build, and digest exporter in one pod', async () => {
    const { code, stdout } = await run(seed('02-git-image-task.yaml'));
    expect(code).toBe(0);
    expect(stdout).toContain('Successfully cloned https://github.com/GoogleContainerTools/skaffold');
    expect(stdout).toContain('kaniko --oci-layout-path=/workspace/output/builtImage');
    expect(stdout).toMatch(/git-source-skaffold-git-build-push-kaniko-\w{5}[\s\S]*build-and-push/);
  });

  test('03 clones and builds from one step that runs as root', async () => {
    const { code, stdout } = await run(seed('03-build-deploy-taskrun.yaml'));
    expect(code).toBe(0);
    expect(stdout).toContain('mvn clean package -f source toolkit:deploy');
    expect(stdout).toContain('BUILD SUCCESS');
  });

  test('04 uses a string parameter as the git resource of its tasks', async () => {
    const { code, stdout } = await run(seed('04-test-build-push.yaml'));
    expect(code).toBe(0);
    expect(stdout).toContain('go test in /workspace/repo/src');
    expect(stdout).toContain('kaniko --destination=isno/tekton-test:latest');
  });
});

function insteadOf(index: number, url: string, mirror: string): Record<string, string> {
  return { [`GIT_CONFIG_KEY_${index}`]: `url.${mirror}.insteadOf`, [`GIT_CONFIG_VALUE_${index}`]: url };
}

/** The file of the picture has a Pipeline alone: its tasks, resources and a run of it. */
function whatTheFirstNeeds(gitUrl: string): string {
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
  return objects.map((object) => JSON.stringify(object)).join('\n---\n');
}
