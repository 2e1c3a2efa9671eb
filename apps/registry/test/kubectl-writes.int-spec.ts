// What a user of kubectl creates, changes and deletes, with the real kubectl.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GENERATED, RUN, TASK, describeWithKubectl, kubectlSession } from './kubectl-session.js';

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

describeWithKubectl('kubectl', () => {
  const { kubectl, ok, fails } = kubectlSession();

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
