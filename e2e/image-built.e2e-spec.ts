// Images that runs build themselves, where this machine stands in for those that cannot be had (`IMAGE_PULL=prefer`).

import { isDone, succeeded, type Build, type PipelineRun, type TaskRun } from '@slipway/contracts';
import { eventually, type DockerRegistry } from '@slipway/testing';
import { startPullingPlatform, type PullingPlatform } from './pulling-platform.js';

const LIMIT = { deadlineMs: 60_000 };
let platform: PullingPlatform;
let registry: DockerRegistry;
let kubectl: PullingPlatform['kubectl'];

beforeAll(async () => {
  platform = await startPullingPlatform('prefer');
  ({ registry, kubectl } = platform);
}, 120_000);
afterAll(async () => {
  await platform?.stop();
}, 60_000);

async function done<T extends PipelineRun | TaskRun | Build>(kind: string, object: object, name: string): Promise<T> {
  await kubectl(['create', '-f', '-'], JSON.stringify(object));
  const found = await eventually(async () => {
    const text = await kubectl(['get', kind, name, '-o', 'json']);
    const one = JSON.parse(text) as T;
    return isDone(one) ? one : undefined;
  }, LIMIT);
  return found!;
}

/** Puts this machine's shell and a word into an image, and that into the registry, as its protocol says. */
const BUILD_AND_PUSH = `#!/usr/bin/env python3
import hashlib, io, json, re, subprocess, sys, tarfile, urllib.request
base, word, result = sys.argv[1:]

def send(method, url, body=b'', kind='application/octet-stream'):
    request = urllib.request.Request(url, data=body, method=method, headers={'content-type': kind})
    return urllib.request.urlopen(request).headers

def blob(kind, body):
    digest = 'sha256:' + hashlib.sha256(body).hexdigest()
    at = send('POST', base + '/blobs/uploads/')['location']
    send('PUT', at + ('&' if '?' in at else '?') + 'digest=' + digest, body)
    return {'mediaType': 'application/vnd.oci.image.' + kind, 'digest': digest, 'size': len(body)}

packed = io.BytesIO()
with tarfile.open(fileobj=packed, mode='w', dereference=True) as layer:
    libraries = re.findall(r'(/\\S+) \\(0x', subprocess.check_output(['ldd', '/bin/dash'], text=True))
    for path in ['/bin/dash', *libraries]:
        layer.add(path, path[1:])
    marker = tarfile.TarInfo('marker')
    marker.size = len(word)
    layer.addfile(marker, io.BytesIO(word.encode()))
body = packed.getvalue()
rootfs = {'type': 'layers', 'diff_ids': ['sha256:' + hashlib.sha256(body).hexdigest()]}
says = {'Cmd': ['/bin/dash', '-c', 'read word < /marker; echo "$word"; test ! -e /usr/bin/env']}
config = {'architecture': '${process.arch === 'x64' ? 'amd64' : process.arch}', 'os': 'linux', 'config': says, 'rootfs': rootfs}
manifest = {
    'schemaVersion': 2,
    'mediaType': 'application/vnd.oci.image.manifest.v1+json',
    'config': blob('config.v1+json', json.dumps(config).encode()),
    'layers': [blob('layer.v1.tar', body)],
}
text = json.dumps(manifest).encode()
send('PUT', base + '/manifests/1', text, manifest['mediaType'])
open(result, 'w').write('sha256:' + hashlib.sha256(text).hexdigest())
`;

const builder = (repository: string, word: string) => ({
  results: [{ name: 'digest' }],
  steps: [
    {
      ...{ name: 'build-and-push', image: 'builder.invalid/python:1', script: BUILD_AND_PUSH },
      args: [`http://${registry.host}/v2/${repository}`, `${word}\n`, '$(results.digest.path)'],
    },
  ],
});

test('a task runs in the image that the task before it has built, by its digest', async () => {
  const pipelineRun = await done<PipelineRun>(
    'pipelinerun',
    {
      apiVersion: 'tekton.dev/v1',
      kind: 'PipelineRun',
      metadata: { name: 'built' },
      spec: {
        pipelineSpec: {
          tasks: [
            { name: 'build', taskSpec: builder('built/pipeline', 'of the task before') },
            {
              name: 'use',
              params: [{ name: 'digest', value: '$(tasks.build.results.digest)' }],
              taskSpec: {
                params: [{ name: 'digest' }],
                steps: [{ name: 'tell', image: `${registry.host}/built/pipeline@$(params.digest)` }],
              },
            },
          ],
        },
      },
    },
    'built',
  );
  expect(succeeded(pipelineRun)).toMatchObject({ status: 'True' });
  expect(await kubectl(['logs', 'built-use-pod', '-c', 'step-tell'])).toBe('of the task before\n');
}, 120_000);

test('a Build runs in the image that an earlier run has built, and in the newer one where it says so', async () => {
  for (const word of ['first', 'second']) {
    const name = `push-${word}`;
    const taskRun = await done<TaskRun>(
      'taskrun',
      {
        ...{ apiVersion: 'tekton.dev/v1', kind: 'TaskRun', metadata: { name } },
        spec: { taskSpec: builder('built/tool', word) },
      },
      name,
    );
    expect(succeeded(taskRun)).toMatchObject({ status: 'True' });
    const build = await done<Build>(
      'build',
      {
        ...{ apiVersion: 'build.knative.dev/v1alpha1', kind: 'Build', metadata: { name: `use-${word}` } },
        spec: { steps: [{ name: 'tell', image: `${registry.host}/built/tool:1`, imagePullPolicy: 'Always' }] },
      },
      `use-${word}`,
    );
    expect(succeeded(build)).toMatchObject({ status: 'True' });
    expect(await kubectl(['logs', build.status!.cluster!.podName, '-c', 'build-step-tell'])).toBe(`${word}\n`);
  }
}, 120_000);

test('this machine stands in for an image that cannot be had, and the run says why', async () => {
  const image = `${registry.host}/never/pushed:1`;
  const taskRun = await done<TaskRun>(
    'taskrun',
    {
      apiVersion: 'tekton.dev/v1',
      kind: 'TaskRun',
      metadata: { name: 'stood-in' },
      spec: { taskSpec: { steps: [{ name: 'tell', image, script: 'test -e /usr/bin/env; echo ran here' }] } },
    },
    'stood-in',
  );
  expect(succeeded(taskRun)).toMatchObject({ status: 'True' });
  const log = await kubectl(['logs', 'stood-in-pod', '-c', 'step-tell']);
  expect(log).toContain('ran here\n');
  expect(JSON.stringify(taskRun)).toMatch(/never\/pushed:1.*could not be pulled/);
}, 120_000);

test('an image that says what it runs cannot be stood in for', async () => {
  const taskRun = await done<TaskRun>(
    'taskrun',
    {
      apiVersion: 'tekton.dev/v1',
      kind: 'TaskRun',
      metadata: { name: 'nothing-to-run' },
      spec: { taskSpec: { steps: [{ name: 'tell', image: `${registry.host}/never/pushed:1` }] } },
    },
    'nothing-to-run',
  );
  expect(succeeded(taskRun)).toMatchObject({ status: 'False' });
}, 120_000);
