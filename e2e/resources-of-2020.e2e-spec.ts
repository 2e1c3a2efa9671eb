// Everything that articles of 2020 do with PipelineResources, written in v1alpha1, on a whole platform. The far sides are
// servers here that speak their protocols; the platform is told where they are as an operator tells it.

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import type { PipelineRun, TaskRun } from '@slipway/contracts';
import { isDone, succeeded } from '@slipway/contracts';
import { eventually } from '@slipway/testing';
import { startGitServer, type GitServer } from '../apps/resources/test/git-server.js';
import { startPullRequestServer, type PullRequestServer } from '../apps/resources/test/pull-request-server.js';
import { startStorageServer, type StorageServer } from '../apps/resources/test/storage-server.js';
import { Kubectl } from '../conformance/kubectl.js';
import { startPlatform, type Platform } from '../conformance/platform.js';

interface Told {
  type: string;
  data: { taskRun: TaskRun };
}

let git: GitServer;
let pulls: PullRequestServer;
let storage: StorageServer;
let sink: Server;
let sinkUrl: string;
const told: Told[] = [];
let platform: Platform;
let kubectl: Kubectl;

beforeAll(async () => {
  [git, pulls, storage] = await Promise.all([
    startGitServer(),
    startPullRequestServer({ repository: 'org/repo', number: 7 }),
    startStorageServer(),
  ]);
  git.commit('repo', { 'README.md': 'hello' });
  pulls.state.labels = ['approved'];
  pulls.token = 'pull-token';
  storage.isPrivate = true;
  storage.objects.set('bucket/in/file.txt', Buffer.from('stored'));
  sink = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      told.push({ type: request.headers['ce-type'] as string, data: JSON.parse(body) as Told['data'] });
      response.writeHead(told.length === 1 ? 503 : 200).end();
    });
  });
  await new Promise<void>((listening) => sink.listen(0, '127.0.0.1', listening));
  sinkUrl = `http://127.0.0.1:${(sink.address() as AddressInfo).port}`;
  platform = await startPlatform(resolve(import.meta.dirname, '../slipway'), [], {
    ...process.env,
    ALLOWED_NETWORKS: '127.0.0.1',
    REMOTE_MIRRORS: `https://api.github.com/=${pulls.url}/ ${storage.mirrors}`,
  });
  kubectl = new Kubectl(platform.kubeconfig);
}, 300_000);
afterAll(async () => {
  await platform.stop();
  await Promise.all([git.close(), pulls.close(), storage.close()]);
  await new Promise((closed) => sink.close(closed));
});

const script = (name: string, text: string): string => `
    - name: ${name}
      image: ubuntu
      script: |
        #!/usr/bin/env bash
        set -e
${text.replaceAll(/^/gm, '        ')}`;

/** The long name that each resource has in the pipeline is the name of its PipelineResource, too. */
const resource = (name: string, type: string, params: Record<string, string>, secret?: string): string => `
apiVersion: tekton.dev/v1alpha1
kind: PipelineResource
metadata: { name: ${name} }
spec:
  type: ${type}
  params: ${JSON.stringify(Object.entries(params).map(([key, value]) => ({ name: key, value })))}
  ${secret === undefined ? '' : `secrets: [{ fieldName: ${secret}, secretName: keys, secretKey: ${secret} }]`}`;

const documents = (): string =>
  [
    resource('repo', 'git', { url: `${git.url}/repo.git`, revision: 'main' }),
    JSON.stringify({
      ...{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'keys' } },
      stringData: {
        token: 'cluster-token',
        authToken: 'pull-token',
        GOOGLE_APPLICATION_CREDENTIALS: storage.credentials,
      },
    }),
    resource('pull', 'pullRequest', { URL: 'https://github.com/org/repo/pull/7' }, 'authToken'),
    resource(
      'files',
      'storage',
      { type: 'gcs', location: 'gs://bucket/in', dir: 'y' },
      'GOOGLE_APPLICATION_CREDENTIALS',
    ),
    resource(
      'results',
      'storage',
      { type: 'gcs', location: 'gs://bucket/out', dir: 'y' },
      'GOOGLE_APPLICATION_CREDENTIALS',
    ),
    resource('prod', 'cluster', { url: 'https://10.0.0.1', username: 'admin', insecure: 'true' }, 'token'),
    resource('told', 'cloudEvent', { targetURI: sinkUrl }),
    resource('image', 'image', { url: 'registry/image' }),
    `
apiVersion: tekton.dev/v1alpha1
kind: Condition
metadata: { name: has-file }
spec:
  resources: [{ name: src, type: git }]
  params: [{ name: path }]
  check:
    image: alpine
    script: test -f $(resources.src.path)/$(params.path)`,
    `
apiVersion: tekton.dev/v1alpha1
kind: Task
metadata: { name: make }
spec:
  inputs:
    params: [{ name: greeting, default: hi }]
    resources:
    - { name: source, type: git, targetPath: src/code }
    - { name: pr, type: pullRequest }
    - { name: files, type: storage }
    - { name: cluster, type: cluster }
    - { name: unused, type: git, optional: true }
  outputs:
    resources:
    - { name: source, type: git }
    - { name: pr, type: pullRequest }
    - { name: results, type: storage }
    - { name: built, type: image }
    - { name: told, type: cloudEvent }
  steps:${script(
    'look',
    `[[ $PWD == /workspace && $HOME == /tekton/home ]]
[[ $(cat src/code/README.md) == hello && $(cat files/file.txt) == stored ]]
[[ -e pr/labels/approved ]]
grep -q 'cluster-t[o]ken' cluster/kubeconfig
grep -q 'current-context: "prod"' cluster/kubeconfig
[[ "\${inputs.params.greeting} $(inputs.resources.source.revision)" == "hi main" ]]
[[ -z "$(inputs.resources.unused.path)" ]]
! ls /tekton/resource-secrets /pvc 2>/dev/null`,
  )}${script(
    'make',
    `cp -r src/code/. $(outputs.resources.source.path)/
echo made > $(outputs.resources.source.path)/made
cp -r pr/* $(outputs.resources.pr.path)/
rm $(outputs.resources.pr.path)/labels/approved
touch $(outputs.resources.pr.path)/labels/merged
echo result > $(outputs.resources.results.path)/result.txt
echo '{"manifests":[{"digest":"sha256:${'d'.repeat(64)}"}]}' > $(outputs.resources.built.path)/index.json`,
  )}`,
    `
apiVersion: tekton.dev/v1alpha1
kind: ClusterTask
metadata: { name: take }
spec:
  inputs:
    resources: [{ name: from-make, type: git, targetPath: taken }]
  steps:${script('look', '[[ $(cat /workspace/taken/made) == made && -d $(inputs.resources.from-make.path)/.git ]]')}`,
    `
apiVersion: tekton.dev/v1alpha1
kind: PipelineRun
metadata: { name: all }
spec:
  resources: ${JSON.stringify(
    ['repo', 'pull', 'files', 'results', 'prod', 'told', 'image'].map((name) => ({ name, resourceRef: { name } })),
  )}
  pipelineSpec:
    resources:
    - { name: repo, type: git }
    - { name: pull, type: pullRequest }
    - { name: files, type: storage }
    - { name: results, type: storage }
    - { name: prod, type: cluster }
    - { name: told, type: cloudEvent }
    - { name: image, type: image }
    tasks:
    - name: make
      taskRef: { name: make }
      resources:
        inputs:
        - { name: source, resource: repo }
        - { name: pr, resource: pull }
        - { name: files, resource: files }
        - { name: cluster, resource: prod }
        outputs:
        - { name: source, resource: repo }
        - { name: pr, resource: pull }
        - { name: results, resource: results }
        - { name: built, resource: image }
        - { name: told, resource: told }
    - name: take
      taskRef: { name: take, kind: ClusterTask }
      conditions:
      - conditionRef: has-file
        params: [{ name: path, value: made }]
        resources: [{ name: src, resource: repo, from: [make] }]
      resources:
        inputs: [{ name: from-make, resource: repo, from: [make] }]`,
  ].join('\n---\n');

test('a pipeline of 2020 uses resources of every type, from its far sides and back to them', async () => {
  const created = await kubectl.run(['create', '-f', '-'], documents());
  expect([created.code, created.stderr]).toEqual([0, expect.any(String)]);
  const done = async (): Promise<PipelineRun> => {
    const run = await kubectl.json<PipelineRun>(['get', 'pipelinerun', 'all']);
    if (!isDone(run)) throw new Error(`the run is ${succeeded(run)?.reason}: ${succeeded(run)?.message}`);
    return run;
  };
  expect(succeeded(await eventually(done, { deadlineMs: 150_000 }))).toMatchObject({
    status: 'True',
    reason: 'Succeeded',
  });

  expect(pulls.state.labels).toEqual(['merged']);
  expect([...storage.objects.keys()].sort()).toEqual(['bucket/in/file.txt', 'bucket/out/result.txt']);

  const sent = async (): Promise<TaskRun> => {
    const run = await kubectl.json<TaskRun>(['get', 'taskrun', 'all-make']);
    if (run.status?.cloudEvents?.[0]?.status.condition !== 'Sent')
      throw new Error(JSON.stringify(run.status?.cloudEvents));
    return run;
  };
  const made = await eventually(sent, { deadlineMs: 90_000 });
  expect(made.status?.cloudEvents).toMatchObject([{ target: sinkUrl, status: { condition: 'Sent', retryCount: 1 } }]);
  expect(told.map(({ type, data }) => [type, data.taskRun.metadata.name])).toEqual([
    ['dev.tekton.event.taskrun.successful.v1', 'all-make'],
    ['dev.tekton.event.taskrun.successful.v1', 'all-make'],
  ]);
  expect(made.status?.resourcesResult).toEqual(
    expect.arrayContaining([
      {
        key: 'commit',
        value: expect.stringMatching(/^[0-9a-f]{40}$/) as string,
        resourceName: 'repo',
        resourceRef: { name: 'repo' },
      },
      { key: 'digest', value: `sha256:${'d'.repeat(64)}`, resourceName: 'image', resourceRef: { name: 'image' } },
    ]),
  );
}, 300_000);

test('no secret of a resource is in what users can read of the run', async () => {
  const { stdout } = await kubectl.run(['get', 'pipelineruns,taskruns,pods', '-o', 'yaml']);
  expect(stdout).toContain('kubeconfigwriter');
  expect(stdout).not.toMatch(/cluster-token|pull-token|PRIVATE KEY/);
});
