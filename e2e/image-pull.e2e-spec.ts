// Images are pulled ahead of the Builds that need them, for those who may have them, and Builds run with their roots.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { isDone, succeeded, type Build, type Condition, type Image, type TaskRun } from '@slipway/contracts';
import { eventually, type DockerRegistry } from '@slipway/testing';
import { file, link, tarOf, type TarEntry } from '../apps/executor/test/image-store/tar-of.js';
import { startPullingPlatform, type PullingPlatform } from './pulling-platform.js';

const ADA = { user: 'ada', password: 'lovelace' };
const LIMIT = { deadlineMs: 60_000 };
let platform: PullingPlatform;
let registry: DockerRegistry;
let kubectl: PullingPlatform['kubectl'];

beforeAll(async () => {
  platform = await startPullingPlatform('require', ADA);
  ({ registry, kubectl } = platform);
  await Promise.all(['may', 'may-not'].map((namespace) => kubectl(['create', 'namespace', namespace])));
}, 120_000);
afterAll(async () => {
  await platform?.stop();
}, 60_000);

const apply = (namespace: string, object: object): Promise<string> =>
  kubectl(['-n', namespace, 'apply', '-f', '-'], JSON.stringify(object));

async function get<T>(namespace: string, kind: string, name: string): Promise<T> {
  return JSON.parse(await kubectl(['-n', namespace, 'get', kind, name, '-o', 'json'])) as T;
}

/** This machine's shell with the libraries that it needs, where it finds them. */
function shell(): TarEntry[] {
  const libraries = execFileSync('ldd', ['/bin/dash'], { encoding: 'utf8' }).matchAll(/(\/\S+) \(0x/g);
  const binary = (path: string, to = path): TarEntry =>
    file(to.slice(1), readFileSync(path, 'latin1'), { mode: 0o755 });
  return [binary('/bin/dash', '/bin/sh'), ...[...libraries].map(([, path]) => binary(path!))];
}

/** An image whose own command tells what it is; its digest. */
async function pushTool(tag: string): Promise<string> {
  const base = await tarOf([...shell(), file('marker', 'of the lower layer'), file('gone')]);
  const top = await tarOf([
    file('marker', `the tool ${tag}`),
    file('.wh.gone', ''),
    file('etc/passwd', 'worker:x:1234:1234::/home/worker:/bin/sh\n'),
    link('usr/share', '/../../../../../etc'),
  ]);
  const script = 'read line < /marker || :; echo "$line / $GREETING / $PWD"; test ! -e /gone; test ! -e /usr/bin';
  const config = { Entrypoint: ['/bin/sh', '-ec'], Cmd: [script], Env: ['GREETING=hello'], WorkingDir: '/work' };
  return registry.push('team/tool', tag, { layers: [base, top], config });
}

const image = (tag: string): string => `${registry.host}/team/tool:${tag}`;

async function ready(namespace: string, of: string): Promise<Condition> {
  const condition = await eventually(async () => {
    const { items } = JSON.parse(await kubectl(['-n', namespace, 'get', 'img', '-o', 'json'])) as { items: Image[] };
    const found = items.find(({ spec }) => spec.image === of)?.status?.conditions?.find(({ type }) => type === 'Ready');
    return found?.status === 'Unknown' ? undefined : found;
  }, LIMIT);
  return condition!;
}

async function letIn(namespace: string): Promise<void> {
  const auth = Buffer.from(`${ADA.user}:${ADA.password}`).toString('base64');
  await apply(namespace, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'pull' },
    type: 'kubernetes.io/dockerconfigjson',
    stringData: { '.dockerconfigjson': JSON.stringify({ auths: { [registry.host]: { auth } } }) },
  });
  await apply(namespace, {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'default' },
    imagePullSecrets: [{ name: 'pull' }],
  });
}

function template(tag: string): object {
  return {
    apiVersion: 'build.knative.dev/v1alpha1',
    kind: 'BuildTemplate',
    metadata: { name: `tool-${tag}` },
    spec: { steps: [{ name: 'tell', image: image(tag) }] },
  };
}

test('the image of a BuildTemplate is pulled ahead, and a Build runs with its root, its command and its variables', async () => {
  const digest = await pushTool('ahead');
  await letIn('may');
  await apply('may', template('ahead'));
  const condition = await ready('may', image('ahead'));
  expect(condition).toMatchObject({ status: 'True', reason: 'Pulled' });
  expect(condition.message).toContain(digest);
  await apply('may', {
    apiVersion: 'build.knative.dev/v1alpha1',
    kind: 'Build',
    metadata: { name: 'ahead' },
    spec: { template: { name: 'tool-ahead' } },
  });
  const build = await eventually(async () => {
    const found = await get<Build>('may', 'build', 'ahead');
    return isDone(found) ? found : undefined;
  }, LIMIT);
  expect(succeeded(build!)).toMatchObject({ status: 'True' });
  const log = await kubectl(['-n', 'may', 'logs', build!.status!.cluster!.podName, '-c', 'build-step-tell']);
  expect(log).toBe('the tool ahead / hello / /workspace\n');
}, 120_000);

test('who may not have an image is told so, by its Image and by the run, though the node has it', async () => {
  await pushTool('private');
  await letIn('may');
  await apply('may', template('private'));
  expect(await ready('may', image('private'))).toMatchObject({ status: 'True' });
  await apply('may-not', template('private'));
  const condition = await ready('may-not', image('private'));
  expect(condition).toMatchObject({ status: 'False', reason: 'ErrImagePull' });
  expect(condition.message).toMatch(/pull access denied.*Name a secret with credentials of the registry/);
  await apply('may-not', {
    apiVersion: 'tekton.dev/v1',
    kind: 'TaskRun',
    metadata: { name: 'denied' },
    spec: { taskSpec: { steps: [{ name: 'tell', image: image('private'), command: ['/bin/sh', '-c', 'true'] }] } },
  });
  const taskRun = await eventually(async () => {
    const found = await get<TaskRun>('may-not', 'taskrun', 'denied');
    return isDone(found) ? found : undefined;
  }, LIMIT);
  expect(succeeded(taskRun!)).toMatchObject({ status: 'False', reason: 'TaskRunImagePullFailed' });
  expect(succeeded(taskRun!)?.message).toMatch(/step "tell".*pull access denied/);
}, 120_000);

test('a script runs in an image with a shell, as the user that the image names', async () => {
  const base = await tarOf([...shell(), file('etc/passwd', 'worker:x:1234:1235::/home/worker:/bin/sh\n')]);
  await registry.push('team/user', '1', { layers: [base], config: { User: 'worker' } });
  await letIn('may');
  const script = '#!/bin/sh\necho "home is $HOME"; test ! -w /; test ! -e /usr/bin/env';
  await apply('may', {
    apiVersion: 'tekton.dev/v1',
    kind: 'TaskRun',
    metadata: { name: 'user' },
    spec: { taskSpec: { steps: [{ name: 'tell', image: `${registry.host}/team/user:1`, script }] } },
  });
  const taskRun = await eventually(async () => {
    const found = await get<TaskRun>('may', 'taskrun', 'user');
    return isDone(found) ? found : undefined;
  }, LIMIT);
  expect(succeeded(taskRun!)).toMatchObject({ status: 'True' });
  expect(taskRun!.status?.steps?.[0]?.imageID).toMatch(/@sha256:[0-9a-f]{64}$/);
  expect(await kubectl(['-n', 'may', 'logs', 'user-pod', '-c', 'step-tell'])).toBe('home is /home/worker\n');
}, 120_000);
