import { targetOf, type ResourceTarget } from './request-target.js';
import { WHOLE_API } from './served.js';

/** `verb group/version resource/sub namespace name`, with `-` for what is empty. */
function read(line: string): string {
  const [method = '', url = ''] = line.split(' ');
  const [path = '', search = ''] = url.split('?');
  const target = targetOf(WHOLE_API, method, path, new URLSearchParams(search));
  if (target.kind !== 'resource') return JSON.stringify(target);
  const { verb, group, version, resource, subresource, namespace, name } = target;
  const what = subresource === '' ? resource : `${resource}/${subresource}`;
  return [verb, `${group}/${version}`, what, namespace || '-', name || '-'].join(' ');
}

// prettier-ignore
const table: [request: string, means: string][] = [
  ['GET /api/v1/namespaces/a/pods', 'list /v1 pods a -'],
  ['GET /api/v1/pods', 'list /v1 pods - -'],
  ['GET /api/v1/pods?watch=true', 'watch /v1 pods - -'],
  ['GET /api/v1/pods?watch=1', 'watch /v1 pods - -'],
  ['GET /api/v1/pods?watch=false', 'list /v1 pods - -'],
  ['GET /api/v1/namespaces/a/pods/p', 'get /v1 pods a p'],
  ['GET /api/v1/namespaces/a/pods/p?watch=true', 'watch /v1 pods a p'],
  ['GET /api/v1/namespaces/a/pods/p/log', 'get /v1 pods/log a p'],
  ['GET /api/v1/namespaces', 'list /v1 namespaces - -'],
  ['GET /api/v1/namespaces/a', 'get /v1 namespaces a a'],
  ['PUT /api/v1/namespaces/a/status', 'update /v1 namespaces/status a a'],
  ['PUT /api/v1/namespaces/a/finalize', 'update /v1 namespaces/finalize a a'],
  ['POST /apis/tekton.dev/v1/namespaces/a/pipelineruns', 'create tekton.dev/v1 pipelineruns a -'],
  ['PATCH /apis/tekton.dev/v1beta1/namespaces/a/taskruns/t/status', 'patch tekton.dev/v1beta1 taskruns/status a t'],
  ['DELETE /apis/tekton.dev/v1/namespaces/a/pipelineruns', 'deletecollection tekton.dev/v1 pipelineruns a -'],
  ['DELETE /apis/tekton.dev/v1beta1/clustertasks/c', 'delete tekton.dev/v1beta1 clustertasks - c'],
  ['GET /api/v1/namespaces/a%2Fb/pods/%2e%2e', 'get /v1 pods a/b ..'],
  ['GET /api', '{"kind":"discovery","root":"api"}'],
  ['GET /api/v1', '{"kind":"discovery","root":"api","group":"","version":"v1"}'],
  ['GET /apis', '{"kind":"discovery","root":"apis"}'],
  ['GET /apis/tekton.dev', '{"kind":"discovery","root":"apis","group":"tekton.dev"}'],
  ['GET /apis/tekton.dev/v1/', '{"kind":"discovery","root":"apis","group":"tekton.dev","version":"v1"}'],
  ['GET /openapi/v3/apis/tekton.dev/v1', '{"kind":"openapi","path":"v3/apis/tekton.dev/v1"}'],
  ['GET /somewhere/else', '{"kind":"unknown"}'],
  ['GET /api/v1/namespaces/a/pods/p/log/more', '{"kind":"unknown"}'],
  ['TRACE /api/v1/pods', '{"kind":"unknown"}'],
];

describe('targetOf', () => {
  test.each(table)('reads %s', (request, means) => {
    expect(read(request)).toBe(means);
  });

  test('knows the stored kind behind a path, and that there is none behind another', () => {
    const of = (path: string): ResourceTarget =>
      targetOf(WHOLE_API, 'GET', path, new URLSearchParams()) as ResourceTarget;
    expect(of('/apis/tekton.dev/v1/tasks').stored?.kind).toBe('Task');
    expect(of('/apis/other.dev/v1/tasks').stored).toBeUndefined();
    expect(of('/api/v1/__proto__').stored).toBeUndefined();
  });

  test('refuses a path that is not URL-encoded', () => {
    expect(() => targetOf(WHOLE_API, 'GET', '/api/v1/namespaces/%zz', new URLSearchParams())).toThrow(
      'not valid URL encoding',
    );
  });
});
