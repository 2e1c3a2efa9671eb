// What a user of kubectl does, with the real kubectl.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '@slipway/testing';
import { hasKubectl, startTestRegistry, type Ran, type TestRegistry } from './running-registry.js';

const describeWithKubectl = hasKubectl() ? describe : describe.skip;

const TASK = `
apiVersion: tekton.dev/v1
kind: Task
metadata: {name: hello, labels: {app: demo}}
spec:
  params: [{name: who, type: string, default: world}]
  steps:
  - name: say
    image: busybox
    script: echo hello "$(params.who)"
`;
const RUN = `
apiVersion: tekton.dev/v1
kind: PipelineRun
metadata: {name: release, labels: {app: demo}}
spec:
  pipelineSpec:
    tasks:
    - name: build
      taskRef: {name: hello}
`;
const GENERATED = RUN.replace('name: release', 'generateName: release-');
const MISSPELT = TASK.replace('steps:', 'stepz: 1\n  steps:').replace('name: hello', 'name: misspelt');

const OLDER_FORMS: [what: string, document: string][] = [
  [
    'a bundle in v1beta1',
    `
apiVersion: tekton.dev/v1beta1
kind: Pipeline
metadata: {name: older}
spec:
  tasks:
  - name: a
    taskRef: {name: t, kind: Task, bundle: 'registry.example/tasks:1'}
`,
  ],
  [
    'inputs and params side by side in v1alpha1',
    `
apiVersion: tekton.dev/v1alpha1
kind: Pipeline
metadata: {name: older}
spec:
  tasks:
  - name: a
    taskSpec:
      inputs: {params: [{name: p, type: string, default: x}]}
      steps: [{image: i, resources: {limits: {cpu: "1"}}}]
  - name: b
    taskSpec:
      params: [{name: p, type: string, default: x}]
      steps: [{image: i}]
`,
  ],
];
// prettier-ignore
const NEW_KINDS: [kind: string, document: { spec: object } & Record<string, unknown>, header: RegExp][] = [
  ['stepactions',
    { apiVersion: 'tekton.dev/v1alpha1', kind: 'StepAction', metadata: { name: 'one' }, spec: { image: 'busybox', script: 'echo $WHO', params: [{ name: 'who', default: 'you' }], env: [{ name: 'WHO', value: '$(params.who)' }], results: [{ name: 'r' }] } },
    /^NAME +AGE$/],
  ['customruns',
    { apiVersion: 'tekton.dev/v1beta1', kind: 'CustomRun', metadata: { name: 'one' }, spec: { customRef: { apiVersion: 'example.dev/v1', kind: 'Wait' }, params: [{ name: 'p', value: ['a', 'b'] }], timeout: '5m' } },
    /^NAME +SUCCEEDED +REASON +STARTTIME +COMPLETIONTIME$/],
  ['resolutionrequests',
    { apiVersion: 'resolution.tekton.dev/v1beta1', kind: 'ResolutionRequest', metadata: { name: 'one', labels: { 'resolution.tekton.dev/type': 'git' } }, spec: { params: [{ name: 'url', value: 'u' }] } },
    /^NAME +OWNERKIND +OWNER +SUCCEEDED +REASON +STARTTIME +ENDTIME$/],
  ['approvals',
    { apiVersion: 'slipway.dev/v1alpha1', kind: 'Approval', metadata: { name: 'one' }, spec: { approvers: ['ann'], required: 1, message: 'Ship it?' } },
    /^NAME +SUCCEEDED +REASON +REQUIRED +APPROVED +AGE$/],
];

describeWithKubectl('kubectl', () => {
  let registry: TestRegistry;
  const kubectl = async (args: string | readonly string[], input?: string): Promise<Ran> =>
    registry.kubectl(args, input);
  /** Standard output of a command that must succeed. */
  const ok = async (args: string | readonly string[], input?: string): Promise<string> => {
    const ran = await kubectl(args, input);
    const stderr = ran.stderr.replace(/^No resources found.*\n/, '');
    expect({ args, code: ran.code, stderr }).toEqual({ args, code: 0, stderr: '' });
    return ran.stdout.trim();
  };
  /** Standard error of one that must fail. */
  const fails = async (args: string | readonly string[], input?: string): Promise<string> => {
    const ran = await kubectl(args, input);
    expect({ args, failed: ran.code !== 0 }).toEqual({ args, failed: true });
    return ran.stderr.trim();
  };

  beforeAll(async () => {
    registry = await startTestRegistry();
  });
  afterAll(() => registry.close());
  beforeEach(() => kubectl('delete pipelineruns,pipelines,tasks --all'));

  test('api-resources and api-versions list what is served', async () => {
    expect(await ok('api-resources --no-headers')).toMatch(
      /^pipelineruns +pr,prs +tekton.dev\/v1 +true +PipelineRun$/m,
    );
    expect(await ok('api-resources --api-group=tekton.dev -o name')).toContain('clustertasks.tekton.dev');
    expect((await ok('api-versions')).split('\n')).toEqual(
      expect.arrayContaining(['v1', 'tekton.dev/v1', 'tekton.dev/v1beta1', 'tekton.dev/v1alpha1']),
    );
    expect(await ok('version')).toContain('Server Version: v1.32.0+slipway');
  });

  test('apply creates, then leaves alone, then changes', async () => {
    expect(await ok('apply -f -', TASK)).toBe('task.tekton.dev/hello created');
    expect(await ok('apply -f -', TASK)).toBe('task.tekton.dev/hello unchanged');
    expect(await ok('apply -f -', TASK.replace('default: world', 'default: you'))).toBe(
      'task.tekton.dev/hello configured',
    );
    expect(await ok('get task hello -o jsonpath={.spec.params[0].default}')).toBe('you');
    expect(await ok('diff -f -', TASK.replace('default: world', 'default: you'))).toBe('');
    expect((await kubectl('diff -f -', TASK)).stdout).toContain('+  - default: world');
  });

  test.each(OLDER_FORMS)('apply of %s a second time changes nothing', async (_what, document) => {
    const name = /kind: (\w+)/.exec(document)![1]!.toLowerCase();
    expect(await ok('apply -f -', document)).toBe(`${name}.tekton.dev/older created`);
    expect(await ok('apply -f -', document)).toBe(`${name}.tekton.dev/older unchanged`);
  });

  test('a custom task is ended by hand as docs/custom-tasks.md says', async () => {
    const spec = { customRef: { apiVersion: 'example.dev/v1', kind: 'Wait' } };
    const run = { apiVersion: 'tekton.dev/v1beta1', kind: 'CustomRun', metadata: { name: 'demo-wait' }, spec };
    await ok('create -f -', JSON.stringify(run));
    const page = readFileSync(join(import.meta.dirname, '../../../docs/custom-tasks.md'), 'utf8');
    const [, command, patch] = /^kubectl (patch customrun demo-wait .*-p) '([^']*)'$/m.exec(page)!;
    await ok([...command!.split(' '), patch!]);
    expect(await ok(['get', 'customrun', 'demo-wait', '-o', 'jsonpath={.status.results[0].value}'])).toBe('1');
  });

  test('a param that goes into a script unquoted is stored with a warning that names it', async () => {
    const { code, stderr } = await kubectl('create -f -', TASK.replaceAll('"', ''));
    expect(code).toBe(0);
    expect(stderr).toBe(
      'Warning: task "hello", step "say": line 1 of its script has $(params.who) unquoted: the value is pasted in and may run as commands. ' +
        'Give the step env: [{name: WHO, value: $(params.who)}] and write "$WHO" there.\n',
    );
  });

  test('create makes a name from generateName, and refuses a name that is taken', async () => {
    expect(await ok('create -f -', GENERATED)).toMatch(/^pipelinerun.tekton.dev\/release-[a-z0-9]{5} created$/);
    await ok('create -f -', TASK);
    expect(await fails('create -f -', TASK)).toBe(
      'Error from server (AlreadyExists): error when creating "STDIN": tasks.tekton.dev "hello" already exists',
    );
  });

  test('create makes the rest of a file that names a kind which is not served, and says which', async () => {
    const deployment = 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\n';
    const { code, stdout, stderr } = await kubectl('create -f -', `${deployment}---${TASK}`);
    expect([code, stdout.trim()]).toEqual([1, 'task.tekton.dev/hello created']);
    expect(stderr).toContain('no matches for kind "Deployment" in version "apps/v1"');
  });

  test('get shows tables, wide ones, YAML, JSON, names and columns of one’s own', async () => {
    await ok('apply -f -', `${TASK}---${RUN}`);
    expect(await ok('get pr')).toMatch(/^NAME +SUCCEEDED +REASON +STARTTIME +COMPLETIONTIME\nrelease/);
    expect(await ok('get tasks')).toMatch(/^NAME +AGE\nhello +\d+s$/);
    expect(await ok('get pr,tasks -o wide')).toContain('pipelinerun.tekton.dev/release');
    expect(await ok('get task hello -o yaml')).toContain('script: echo hello "$(params.who)"');
    expect(JSON.parse(await ok('get tasks -o json'))).toMatchObject({
      kind: 'List',
      items: [{ metadata: { name: 'hello' } }],
    });
    expect(await ok('get tasks -o name')).toBe('task.tekton.dev/hello');
    expect(await ok('get pr -o custom-columns=N:.metadata.name --no-headers')).toBe('release');
    expect(await ok('get tekton -o name')).toContain('task.tekton.dev/hello');
    expect(await ok('get pr -A')).toMatch(/^NAMESPACE +NAME/);
    expect(await ok('get tasks.v1beta1.tekton.dev hello -o jsonpath={.apiVersion}')).toBe('tekton.dev/v1beta1');
    expect(await ok('get --raw /apis/tekton.dev/v1/namespaces/default/tasks/hello')).toContain('"kind":"Task"');
    expect(await fails('get task nobody')).toBe('Error from server (NotFound): tasks.tekton.dev "nobody" not found');
  });

  test('labels and fields select', async () => {
    await ok('apply -f -', TASK);
    await ok('apply -f -', TASK.replace('name: hello, labels: {app: demo}', 'name: other, labels: {app: else}'));
    expect(await ok('get tasks -o name -l app=demo')).toBe('task.tekton.dev/hello');
    expect(await ok('get tasks -o name -l app!=demo')).toBe('task.tekton.dev/other');
    expect(await ok(['get', 'tasks', '-o', 'name', '-l', 'app in (demo, else)'])).toBe(
      'task.tekton.dev/hello\ntask.tekton.dev/other',
    );
    expect(await ok('get tasks -o name -l !app')).toBe('');
    expect(await ok('get tasks -o name --field-selector metadata.name=other')).toBe('task.tekton.dev/other');
    expect(await ok('get tasks -o name --chunk-size=1')).toBe('task.tekton.dev/hello\ntask.tekton.dev/other');
    expect(await fails('get tasks --field-selector spec.x=1')).toContain('field label not supported: spec.x');
  });

  test.each(NEW_KINDS)('create, get and explain work for %s', async (kind, document, header) => {
    await ok('create -f -', JSON.stringify(document));
    expect((await ok(`get ${kind} one`)).split('\n')[0]).toMatch(header);
    const stored = JSON.parse(await ok(`get ${kind} one -o json`)) as { spec: object };
    expect(stored.spec).toMatchObject(document.spec);
    expect(await ok(`explain ${kind}.spec`)).toContain('FIELDS:');
    await ok(`delete ${kind} one`);
  });

  test('describe shows an object with its events', async () => {
    await ok('apply -f -', RUN);
    const uid = await ok('get pr release -o jsonpath={.metadata.uid}');
    const event = { apiVersion: 'v1', kind: 'Event', metadata: { name: 'release.1', namespace: 'default' } };
    const involvedObject = {
      apiVersion: 'tekton.dev/v1',
      kind: 'PipelineRun',
      name: 'release',
      namespace: 'default',
      uid,
    };
    const more = {
      type: 'Normal',
      reason: 'Started',
      message: 'it runs',
      source: { component: 'scheduler' },
      count: 1,
    };
    await ok(
      'create -f -',
      JSON.stringify({ ...event, ...more, involvedObject, firstTimestamp: new Date(), lastTimestamp: new Date() }),
    );
    const described = await ok('describe pr release');
    expect(described).toMatch(/Name: +release/);
    expect(described).toMatch(/Normal +Started +\d+s +scheduler +it runs/);
    expect(await ok('get events')).toMatch(/Normal +Started +pipelinerun\/release +it runs/);
    expect(await ok('events --for pipelinerun/release')).toContain('it runs');
    await ok('delete event release.1');
  });

  test('explain describes fields', async () => {
    expect(await ok('explain pipelinerun.spec.timeouts')).toMatch(/KIND: +PipelineRun[\s\S]*pipeline\s+<string>/);
    expect(await ok('explain pods.spec.containers --recursive')).toContain('image');
    expect(await ok('explain secret.data')).toContain('FIELD: data');
  });

  test('patch changes by merge, JSON patch and, for core kinds, strategically', async () => {
    await ok('apply -f -', RUN);
    const patch = (args: string, text: string): Promise<string> => ok([...`patch ${args} -p`.split(' '), text]);
    expect(await patch('pr release --type merge', '{"metadata":{"labels":{"a":"b"}}}')).toBe(
      'pipelinerun.tekton.dev/release patched',
    );
    await patch('pr release --type json', '[{"op":"replace","path":"/spec/status","value":"Cancelled"}]');
    expect(await ok('get pr release -o jsonpath={.spec.status}{.metadata.labels.a}')).toBe('Cancelledb');
    expect(await fails(['patch', 'pr', 'release', '-p', '{}'])).toContain(
      'application/strategic-merge-patch+json is not supported by tekton.dev/v1',
    );
    expect(
      await fails([
        'patch',
        'pr',
        'release',
        '--type',
        'json',
        '-p',
        '[{"op":"test","path":"/spec/status","value":"x"}]',
      ]),
    ).toContain('testing path /spec/status failed');
    await ok('create serviceaccount builder');
    await patch('sa builder', '{"imagePullSecrets":[{"name":"a"}]}');
    await patch('sa builder', '{"imagePullSecrets":[{"name":"b"}]}');
    expect(await ok('get sa builder -o jsonpath={.imagePullSecrets[*].name}')).toBe('a b');
    await ok('delete sa builder');
  });

  test('label, annotate, replace and edit', async () => {
    await ok('apply -f -', TASK);
    await ok('label task hello tier=one');
    await ok('annotate task hello note=two');
    expect(await ok('get task hello -o jsonpath={.metadata.labels.tier}{.metadata.annotations.note}')).toBe('onetwo');
    await ok('label task hello tier-');
    expect(await fails('label task hello app=other')).toContain('already has a value');
    const object = JSON.parse(await ok('get task hello -o json')) as {
      metadata: { resourceVersion: string };
      spec: { description?: string };
    };
    object.spec.description = 'replaced';
    expect(await ok('replace -f -', JSON.stringify(object))).toBe('task.tekton.dev/hello replaced');
    expect(await fails('replace -f -', JSON.stringify(object))).toContain(
      'the object has been modified; please apply your changes to the latest version',
    );
    expect(await ok('edit task hello')).toBe('task.tekton.dev/hello edited');
    expect(await ok('get task hello -o jsonpath={.spec.description}')).toBe('edited');
  });

  test('server-side apply merges by owner, and says who is in the way', async () => {
    const map = (value: string): string =>
      JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'ssa' }, data: { key: value } });
    expect(await ok('apply --server-side -f -', map('1'))).toBe('configmap/ssa serverside-applied');
    expect(await fails('apply --server-side --field-manager=other -f -', map('2'))).toMatch(
      /conflict with "kubectl": .data.key/,
    );
    await ok('apply --server-side --field-manager=other --force-conflicts -f -', map('2'));
    expect(await ok('get cm ssa -o jsonpath={.data.key}')).toBe('2');
    expect(await ok('get cm ssa --show-managed-fields -o yaml')).toContain('manager: other');
    expect(await ok('apply --server-side -f -', TASK)).toBe('task.tekton.dev/hello serverside-applied');
    await ok('delete cm ssa');
  });

  test('unknown fields are refused, warned about or ignored, as asked', async () => {
    expect(await fails('create -f -', MISSPELT)).toContain('strict decoding error: unknown field "spec.stepz"');
    const warned = await kubectl('create --validate=warn -f -', MISSPELT);
    expect(warned).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('Warning: unknown field "spec.stepz"') as string,
    });
    await ok('delete task misspelt');
    expect(await ok('create --validate=ignore -f -', MISSPELT)).toContain('created');
  });

  test('a dry run says what would be, and writes nothing', async () => {
    expect(await ok('apply --dry-run=server -f -', TASK)).toBe('task.tekton.dev/hello created (server dry run)');
    expect(await ok('get tasks -o name')).toBe('');
    await ok('apply -f -', TASK);
    expect(await ok('delete task hello --dry-run=server')).toContain('deleted (server dry run)');
    expect(await ok('get tasks -o name')).toBe('task.tekton.dev/hello');
  });

  test('invalid objects are refused with every problem', async () => {
    const message = await fails(
      'create -f -',
      RUN.replace('name: release', 'name: Not_A_Name').replace('taskRef: {name: hello}', 'runAfter: [build]'),
    );
    expect(message).toContain('The PipelineRun "Not_A_Name" is invalid');
    expect(message).toContain('metadata.name');
    expect(message).toContain('spec.pipelineSpec');
    const generated = await fails('create -f -', GENERATED.replace('- name: build', '- name: Bu ild'));
    expect(generated).toMatch(/^The PipelineRun "release-\w{5}" is invalid: spec.pipelineSpec.tasks\[0\].name/);
  });

  test('secrets, config maps, accounts and namespaces are made by their own commands', async () => {
    await ok('create secret generic key --from-literal=user=me --from-literal=pass=word');
    expect(await ok('get secret key')).toMatch(/^NAME +TYPE +DATA +AGE\nkey +Opaque +2 +\d+s$/);
    expect(await ok('get secret key -o jsonpath={.data.pass}')).toBe(Buffer.from('word').toString('base64'));
    expect(await ok('describe secret key')).toMatch(/pass: +4 bytes/);
    await ok('create secret docker-registry pull --docker-username=u --docker-password=p');
    expect(await ok('get secret pull -o jsonpath={.type}')).toBe('kubernetes.io/dockerconfigjson');
    await ok('apply -f -', 'apiVersion: v1\nkind: Secret\nmetadata: {name: text}\nstringData: {a: b}');
    expect(await ok('get secret text -o jsonpath={.data.a}{.stringData}')).toBe('Yg==');
    await ok('create configmap settings --from-literal=a=b');
    expect(await ok('get cm settings')).toMatch(/settings +1/);
    await ok('create namespace team-b');
    expect(await ok('get sa -n team-b -o name')).toBe('serviceaccount/default');
    expect(await ok('get pvc')).toBe('');
    await ok(
      'apply -f -',
      'apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: disk}\nspec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}',
    );
    expect(await ok('get pvc disk')).toMatch(/disk +Bound +pvc-\S+ +1Gi +RWO/);
    await ok('delete secret,cm,pvc --all');
    expect(await ok('delete namespace team-b')).toContain('deleted');
    expect(await fails('get ns team-b')).toContain('namespaces "team-b" not found');
  });

  test('objects need their namespace, and it takes them along when it goes', async () => {
    expect(await fails('create -n nowhere -f -', TASK)).toContain('namespaces "nowhere" not found');
    await ok('create ns team-c');
    await ok('create -n team-c -f -', `${TASK}---${RUN}`);
    await ok('delete ns team-c');
    await ok('create ns team-c');
    expect(await ok('get tasks,pr -n team-c -o name')).toBe('');
    await ok('delete ns team-c');
    expect(await fails('delete ns default')).toContain('this namespace may not be deleted');
  });

  test('auth says who one is and what one may', async () => {
    expect(await ok('auth whoami -o jsonpath={.status.userInfo.username}')).toBe('admin');
    expect(await ok('auth can-i create pipelineruns')).toBe('yes');
    expect((await kubectl('--context tenant auth can-i create pipelineruns -n team-a')).stdout.trim()).toBe('no');
    expect(await ok('--context tenant auth can-i list pipelineruns.tekton.dev -n team-a')).toBe('yes');
    expect(await ok('--context tenant auth can-i --list -n team-a')).toMatch(
      /pipelineruns.tekton.dev +\[\] +\[\] +\[get list watch\]/,
    );
    expect(await fails('--context tenant get pr')).toBe(
      'Error from server (Forbidden): pipelineruns.tekton.dev is forbidden: User "tenant" cannot list resource "pipelineruns" in API group "tekton.dev" in the namespace "default"',
    );
  });

  test('wait and get -w see what happens', async () => {
    await ok('apply -f -', RUN);
    const watch = registry.kubectlStart('get pr -w');
    const waiting = registry.kubectl('wait --for=condition=Succeeded --timeout=20s pr/release');
    await eventually(() => watch.output().includes('release'));
    const run = (await registry.store.get('pipelineruns.tekton.dev', 'default', 'release'))!;
    const conditions = [{ type: 'Succeeded', status: 'True', reason: 'Succeeded' }];
    await registry.store.commit({
      writes: [{ op: 'update-status', object: { ...run, status: { conditions } } as never }],
    });
    expect(await waiting).toMatchObject({ code: 0, stdout: 'pipelinerun.tekton.dev/release condition met\n' });
    await eventually(() => /release +True +Succeeded/.test(watch.output()));
    watch.child.kill();
    const gone = registry.kubectl('wait --for=delete --timeout=20s pr/release');
    await ok('delete pr release --wait=false');
    expect(await gone).toMatchObject({ code: 0 });
  });

  test('delete waits for finalizers, and takes dependents with it', async () => {
    await ok('apply -f -', TASK.replace('labels: {app: demo}', 'finalizers: [example.com/hold]'));
    expect(await ok('delete task hello --wait=false')).toContain('deleted');
    expect(await ok('get task hello -o jsonpath={.metadata.deletionTimestamp}')).not.toBe('');
    await ok(['patch', 'task', 'hello', '--type=merge', '-p', '{"metadata":{"finalizers":null}}']);
    expect(await fails('get task hello')).toContain('not found');

    await ok('apply -f -', RUN);
    const uid = await ok('get pr release -o jsonpath={.metadata.uid}');
    const owner = `ownerReferences: [{apiVersion: tekton.dev/v1, kind: PipelineRun, name: release, uid: ${uid}}]`;
    for (const name of ['one', 'two'])
      await ok('create -f -', TASK.replace('name: hello, labels: {app: demo}', `name: ${name}, ${owner}`));
    await ok('delete pr release --cascade=foreground');
    expect(await ok('get tasks -o name')).toBe('');

    await ok('apply -f -', RUN);
    const again = owner.replace(uid, await ok('get pr release -o jsonpath={.metadata.uid}'));
    await ok('create -f -', TASK.replace('labels: {app: demo}', again));
    await ok('delete pr release --cascade=orphan');
    expect(await ok('get task hello -o jsonpath={.metadata.name}{.metadata.ownerReferences}')).toBe('hello');
  });

  test('pods are read and deleted, never made', async () => {
    expect(await fails('run x --image=busybox')).toContain('pods are made from runs');
    expect(await fails('logs nobody')).toContain('pods "nobody" not found');
    expect(await ok('get all')).toBe('');
  });
});
