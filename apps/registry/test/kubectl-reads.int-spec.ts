// What a user of kubectl looks at, with the real kubectl.

import { eventually } from '@slipway/testing';
import { RUN, TASK, describeWithKubectl, kubectlSession } from './kubectl-session.js';

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
  const { registry, kubectl, ok, fails } = kubectlSession();

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
    const watch = registry().kubectlStart('get pr -w');
    const waiting = registry().kubectl('wait --for=condition=Succeeded --timeout=20s pr/release');
    await eventually(() => watch.output().includes('release'));
    const run = (await registry().store.get('pipelineruns.tekton.dev', 'default', 'release'))!;
    const conditions = [{ type: 'Succeeded', status: 'True', reason: 'Succeeded' }];
    await registry().store.commit({
      writes: [{ op: 'update-status', object: { ...run, status: { conditions } } as never }],
    });
    expect(await waiting).toMatchObject({ code: 0, stdout: 'pipelinerun.tekton.dev/release condition met\n' });
    await eventually(() => /release +True +Succeeded/.test(watch.output()));
    watch.child.kill();
    const gone = registry().kubectl('wait --for=delete --timeout=20s pr/release');
    await ok('delete pr release --wait=false');
    expect(await gone).toMatchObject({ code: 0 });
  });
});
