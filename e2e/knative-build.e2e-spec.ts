// What the end-to-end tests of Knative Build hold its API to, written anew: how a Build begins, fails, is cancelled and
// refused; and where its users were let down, what is so no longer.

import { isDone, succeeded, type Build, type BuildSpec, type Image, type TaskRun } from '@slipway/contracts';
import { eventually } from '@slipway/testing';
import { Building, bash, endOf } from './built.js';
import { slipway } from './slipway-run.js';

let platform: Building;
beforeAll(async () => (platform = await Building.start()), 120_000);
afterAll(() => platform.stop(), 60_000);

test('a simple Build succeeds, and says when, in which pod and what its steps did', async () => {
  const build = await platform.run('simple', { steps: [{ image: 'busybox', args: ['echo', 'simple'] }] });
  expect(endOf(build)).toBe('True');
  expect(build.status).toMatchObject({
    builder: 'Cluster',
    cluster: { namespace: 'default', podName: expect.stringMatching(/^simple-pod-[0-9a-f]{6}$/) as string },
    startTime: expect.any(String) as string,
    completionTime: expect.any(String) as string,
    stepStates: [{ name: 'unnamed-0', terminated: { exitCode: 0, reason: 'Completed' } }],
    stepsCompleted: ['build-step-unnamed-0'],
  });
  expect(await platform.log(build, 'build-step-unnamed-0')).toBe('simple\n');
});

test('a failing Build says which step failed, with what, and how to see why', async () => {
  const build = await platform.run('failing', { steps: [bash('exit 7', { name: 'bad' }), bash('echo never')] });
  const pod = build.status?.cluster?.podName;
  expect(endOf(build)).toBe(
    `False BuildFailed: build step "build-step-bad" exited with code 7 (image: "ubuntu"); ` +
      `for logs run: kubectl -n default logs ${pod} -c build-step-bad`,
  );
  expect(build.status?.stepsCompleted).toEqual(['build-step-bad']);
});

test.each(['status', 'Status'])(
  'a Build that is asked to end by spec.%s ends in the words of Knative',
  async (field) => {
    const name = `cancelled-${field.toLowerCase()}-${field === 'Status' ? 1 : 0}`;
    await platform.build(name, { steps: [bash('sleep 600')] });
    await platform.until(name, 'building', (build) => succeeded(build)?.reason === 'Building');
    await platform.patch(name, { [field]: 'BuildCancelled' });
    const build = await platform.ended(name);
    expect(endOf(build)).toBe(`False BuildCancelled: Build "${name}" was cancelled`);
    expect(build.status?.completionTime).toBeDefined();
  },
);

test('a template has an Image for each image of its steps, which says that the host stands in for it', async () => {
  const spec = {
    parameters: [{ name: 'TAG', default: '1' }],
    steps: [{ image: 'imaged:${TAG}' }, { image: '${OPEN}' }],
  };
  const template = await platform.template('imaged', spec);
  const { name, uid, resourceVersion = '' } = template.metadata;
  const path = '/apis/caching.internal.knative.dev/v1alpha1/namespaces/default/images';
  const query = { labelSelector: `controller=${uid}` };
  const [image, ...others] = (await eventually(async () => {
    const { items } = await platform.client.call<{ items: Image[] }>(path, { query });
    return items.length > 0 && items;
  })) as Image[];
  expect(others).toEqual([]);
  expect(image).toMatchObject({
    metadata: { name: `${name}-${resourceVersion}-00000`, labels: { version: resourceVersion } },
    spec: { image: 'imaged:1' },
    status: { conditions: [{ type: 'Ready', status: 'False', reason: 'HostStandsIn' }] },
  });
  await platform.client.call(`/apis/build.knative.dev/v1alpha1/namespaces/default/buildtemplates/${name}`, {
    method: 'DELETE',
  });
  await eventually(async () => (await platform.client.call<{ items: Image[] }>(path, { query })).items.length === 0);
});

describe('the API refuses', () => {
  const git = { url: 'https://example.com/a', revision: 'main' };
  const steps = [bash('true')];
  const custom = bash('true');
  const rows: [what: string, name: string, spec: BuildSpec, because: RegExp][] = [
    ['a name that is too long', 'a'.repeat(64), { steps }, /length must be no more than 63 characters/],
    ['a name with dots', 'name.contains.dots', { steps }, /special character \. can not be present/],
    ['a Build without steps', 'refused', {}, /expected exactly one, got neither: spec.steps, spec.template/],
    ['a negative timeout', 'refused', { steps, timeout: '-48h' }, /expected 0s <= -48h0m0s <= 24h0m0s/],
    ['a timeout of more than a day', 'refused', { steps, timeout: '36h' }, /expected 0s <= 36h0m0s <= 24h0m0s/],
    ['two sources in one place', 'refused', { steps, sources: [{ name: 'a', git, targetPath: 'path/foo' }, { name: 'b', git, targetPath: 'path/foo' }] }, /spec.sources\[1\].targetPath: .*overlaps with spec.sources\[0\].targetPath/],
    ['one source within another', 'refused', { steps, sources: [{ name: 'a', git, targetPath: 'path/foo' }, { name: 'b', git, targetPath: 'path' }] }, /spec.sources\[1\].targetPath: .*overlaps/],
    ['several subPaths for one /workspace', 'refused', { steps, sources: [{ name: 'a', git, subPath: 'go' }, { name: 'b', git, targetPath: 'b', subPath: 'go' }] }, /spec.sources\[0\].subPath.*spec.sources\[1\].subPath/s],
    ['source beside sources', 'refused', { steps, source: { git }, sources: [{ name: 'a', git }] }, /expected exactly one, got both: spec.source, spec.sources/],
    ['a custom source with a targetPath', 'refused', { steps, sources: [{ name: 'a', custom, targetPath: 'a' }] }, /spec.sources\[0\].targetPath/],
    ['two sources of one name', 'refused', { steps, sources: [{ name: 'a', custom }, { name: 'a', custom }] }, /source name "a" must be unique/],
  ]; // prettier-ignore
  test.each(rows)('%s', async (_what, name, spec, because) => {
    await expect(platform.build(name, spec)).rejects.toThrow(because);
  });
});

describe('what let users of Knative Build down', () => {
  test('only the first template of a Build ran: several run, one after the other', async () => {
    await platform.template('greet', {
      parameters: [{ name: 'WHO' }],
      steps: [{ ...bash('echo ${WHO} >> /workspace/greeted; cat /workspace/greeted'), name: 'greet' }],
    });
    const build = await platform.run(
      'several-templates',
      { template: { name: 'greet', arguments: [{ name: 'WHO', value: 'first' }] } },
      { 'slipway.dev/templates': '- name: greet\n  arguments: [{ name: WHO, value: second }]\n' },
    );
    expect(endOf(build)).toBe('True');
    expect(await platform.log(build, 'build-step-greet-greet')).toBe('first\nsecond\n');
  });

  test('an argument that holds a placeholder gave what the order of a map gave: it stays as it is', async () => {
    await platform.template('show', {
      parameters: [{ name: 'A' }, { name: 'B' }],
      steps: [{ name: 'show', image: 'busybox', args: ['echo', '${A} ${B}'] }],
    });
    const template = { name: 'show', arguments: [{ name: 'A', value: '${B}' }, { name: 'B', value: '${A}' }] }; // prettier-ignore
    const build = await platform.run('placeholders', { template });
    expect(await platform.log(build, 'build-step-show')).toBe('${B} ${A}\n');
  });

  test('several custom sources ran in reverse: they run in the order of the list', async () => {
    const put = (text: string) => bash(`echo ${text} >> order`);
    const sources = ['one', 'two', 'three'].map((name) => ({ name, custom: put(name) }));
    const build = await platform.run('custom-order', { sources, steps: [bash('cat order', { name: 'show' })] });
    expect(await platform.log(build, 'build-step-show')).toBe('one\ntwo\nthree\n');
    expect(build.status?.stepsCompleted).toEqual(['build-step-show']);
  });

  test('only the subPath of the last source counted: that of the first does too, and several do', async () => {
    const git = { url: 'https://github.com/bazelbuild/rules_docker', revision: 'master' };
    const first = await platform.run('first-sub-path', {
      sources: [
        { name: 'first', git, targetPath: 'first', subPath: 'first/go' },
        { name: 'last', git, targetPath: 'last' },
      ],
      steps: [bash('pwd; cat BUILD', { name: 'show' })],
    });
    expect(await platform.log(first, 'build-step-show')).toBe('/workspace\n# build of go\n');
    const both = await platform.run('both-sub-paths', {
      sources: ['a', 'b'].map((name) => ({ name, git, targetPath: name, subPath: `${name}/go` })),
      steps: [bash('cat a/BUILD b/BUILD', { name: 'show' })],
    });
    expect(await platform.log(both, 'build-step-show')).toBe('# build of go\n# build of go\n');
  });

  test('targets that only begin with the same letters were refused', async () => {
    const git = { url: 'https://github.com/bazelbuild/rules_docker', revision: 'master' };
    const sources = [{ name: 'a', git, targetPath: 'foo' }, { name: 'b', git, targetPath: 'foobar/x' }]; // prettier-ignore
    const steps = [bash('ls foo/WORKSPACE foobar/x/WORKSPACE')];
    expect(endOf(await platform.run('neighbours', { sources, steps }))).toBe('True');
  });

  test('sources and volumes beside a template were not looked at: all that is wrong is told at once', async () => {
    const spec: BuildSpec = {
      template: { name: 't' },
      source: { git: { url: '', revision: '' } },
      volumes: [{ name: 'home', emptyDir: {} }],
      timeout: '25h',
    };
    await expect(platform.build('refused', spec)).rejects.toThrow(
      /spec.source.git.url.*spec.source.git.revision.*spec.volumes\[0\].name.*spec.timeout/s,
    );
  });

  test('the status told nothing of a source: it says which commit was built, whose and of when', async () => {
    const git = { url: 'https://github.com/bazelbuild/rules_docker', revision: 'v0.4.0' };
    const build = await platform.run('which-commit', { source: { git }, steps: [bash('true')] });
    expect(build.status?.sources).toEqual([
      {
        name: '0',
        git: {
          url: git.url,
          commit: expect.stringMatching(/^[0-9a-f]{40}$/) as string,
          author: expect.stringMatching(/.+ <.+>/) as string,
          date: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) as string,
        },
      },
    ]);
  });

  test('a failed checkout counted as a success: it fails the Build, and says what was not there', async () => {
    const git = { url: 'https://github.com/bazelbuild/rules_docker', revision: 'never-was' };
    const build = await platform.run('no-such-revision', { source: { git }, steps: [bash('true')] });
    expect(endOf(build)).toMatch(/^False GitRevisionNotFound: .*never-was/);
    expect(build.status?.stepsCompleted).toEqual([]);
  });

  test('a missing template left the Build without an end: it ends, and says what is missing', async () => {
    const build = await platform.run('no-template', { template: { name: 'none' } });
    expect(endOf(build)).toBe('False BuildValidationFailed: buildtemplates.build.knative.dev "none" not found');
    expect(build.status?.completionTime).toBeDefined();
  });

  test('a Build that is deleted takes its TaskRun and its pod with it', async () => {
    await platform.build('deleted', { steps: [bash('sleep 600')] });
    const { status } = await platform.until('deleted', 'building', (build) => succeeded(build)?.reason === 'Building');
    await platform.client.call('/apis/build.knative.dev/v1alpha1/namespaces/default/builds/deleted', {
      method: 'DELETE',
    });
    for (const path of [
      '/apis/tekton.dev/v1/namespaces/default/taskruns/deleted',
      `/api/v1/namespaces/default/pods/${status?.cluster?.podName}`,
    ]) {
      await eventually(
        () => platform.client.call(path).then(
          () => false,
          (error: { kind?: string }) => error.kind === 'not-found',
        ),
        { deadlineMs: 30_000, what: `${path} is gone` },
      ); // prettier-ignore
    }
  });

  test('timers were in memory alone: a Build goes on where it was when everything is started anew', async () => {
    await platform.build('restarted', { timeout: '60s', steps: [bash('sleep 3; echo here', { name: 'late' })] });
    await platform.until('restarted', 'building', (build) => succeeded(build)?.reason === 'Building');
    await platform.platform.restart();
    const build: Build = await platform.ended('restarted');
    expect(endOf(build)).toBe('True');
    expect(await platform.log(build, 'build-step-late')).toBe('here\n');
    const { items } = await platform.client.call<{ items: TaskRun[] }>(
      '/apis/tekton.dev/v1/namespaces/default/taskruns',
      { query: { labelSelector: 'build.knative.dev/buildName=restarted' } },
    );
    expect(items.map((taskRun) => [taskRun.metadata.name, isDone(taskRun)])).toEqual([['restarted', true]]);
  });
});

describe('the command line', () => {
  const file = (name: string, line: string): string =>
    JSON.stringify({
      apiVersion: 'build.knative.dev/v1alpha1',
      kind: 'Build',
      metadata: { name },
      spec: { steps: [bash(line, { name: 'one' })] },
    });
  const at = (...args: string[]): string[] => [...args, '--kubeconfig', platform.platform.kubeconfig];

  test('runs a file of Builds with their lines, and ends as they do', async () => {
    const well = await slipway(at('run', '-'), { input: file('typed', 'echo a line') });
    expect(well).toMatchObject({ code: 0, stdout: expect.stringMatching(/\[typed : one\] a line\n/) as string });
    const badly = await slipway(at('run', '-'), { input: file('typed-badly', 'exit 3') });
    expect(badly).toMatchObject({ code: 1, stdout: expect.stringMatching(/Build typed-badly: BuildFailed/) as string });
  });

  test('shows the log and the state of a Build by its name alone, and its step', async () => {
    await platform.run('shown', { steps: [bash('echo a line', { name: 'one' }), bash('echo another', { name: 'two' })] });
    expect((await slipway(at('logs', 'shown', 'two'))).stdout).toMatch(/^\[shown : two\] another\n$/);
    const { stdout } = await slipway(at('describe', 'build/shown'));
    expect(stdout).toMatch(/Template: +\(inline\)/);
    expect(stdout).toMatch(/✓ one[^]*✓ two/);
  });

  test('cancels a Build, and says so of one that has ended', async () => {
    await platform.build('unwanted', { steps: [bash('sleep 600')] });
    expect(await slipway(at('cancel', 'build/unwanted'))).toMatchObject({ code: 0, stdout: 'build/unwanted is being cancelled\n' });
    expect(endOf(await platform.ended('unwanted'))).toMatch(/^False BuildCancelled/);
    expect((await slipway(at('cancel', 'unwanted'))).stderr).toMatch(/Build "unwanted" has ended already/);
  });

  test('refuses a file in which a key stands twice, of which Knative took one', async () => {
    const twice = 'apiVersion: build.knative.dev/v1alpha1\nkind: Build\nmetadata: {name: twice}\nspec:\n  steps: []\n  steps: []\n';
    const { code, stderr } = await slipway(at('run', '-'), { input: twice });
    expect([code, stderr]).toEqual([2, expect.stringMatching(/The key "steps" stands here a second time/)]);
  });
}); // prettier-ignore
