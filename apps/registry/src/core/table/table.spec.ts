import { RESOURCE_KINDS, resourceKind, type KubeObject } from '@slipway/contracts';
import { humanDuration } from './age.js';
import { columnsOf } from './columns.js';
import { tableOf } from './table.js';

const NOW = Date.UTC(2026, 0, 2);
const [SECOND, MINUTE, HOUR, DAY] = [1000, 60_000, 3_600_000, 86_400_000];

describe('humanDuration', () => {
  // prettier-ignore
  test.each<[ms: number, text: string]>([
    [-5 * SECOND, '<invalid>'], [-500, '0s'], [0, '0s'], [119 * SECOND, '119s'], [2 * MINUTE, '2m'],
    [2 * MINUTE + 5 * SECOND, '2m5s'], [10 * MINUTE + 5 * SECOND, '10m'], [179 * MINUTE, '179m'], [3 * HOUR, '3h'],
    [3 * HOUR + 5 * MINUTE, '3h5m'], [8 * HOUR + 5 * MINUTE, '8h'], [47 * HOUR, '47h'], [2 * DAY + 3 * HOUR, '2d3h'],
    [7 * DAY, '7d'], [8 * DAY + 5 * HOUR, '8d'], [400 * DAY, '400d'], [2 * 365 * DAY + 3 * DAY, '2y3d'], [9 * 365 * DAY, '9y'],
  ])('%i ms is %s', (ms, text) => expect(humanDuration(ms)).toBe(text));
});

const at = (ms: number): string => new Date(NOW - ms).toISOString();
const object = (kind: string, rest: object = {}, metadata: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind,
  metadata: { name: 'x', creationTimestamp: at(90 * SECOND), ...metadata },
  ...rest,
});
const container = (state: object, ready = false, restartCount = 0): object => ({
  name: 'c',
  state,
  ready,
  restartCount,
});
const pod = (status: object, metadata: object = {}, containers = 1): KubeObject =>
  object('Pod', { spec: { containers: Array.from({ length: containers }, () => ({ name: 'c' })) }, status }, metadata);

/** What kubectl prints without `-o wide`. */
function row(resource: string, of: KubeObject): string {
  const columns = columnsOf(resourceKind(resource)!).filter(({ priority }) => priority === 0);
  return columns.map((column) => column.cell(of, NOW) ?? '').join(' | ');
}

// prettier-ignore
const rows: [what: string, resource: string, object: KubeObject, row: string][] = [
  ['a run that nobody has seen yet', 'pipelineruns.tekton.dev', object('PipelineRun'), 'x |  |  |  | '],
  ['a run at work', 'pipelineruns.tekton.dev',
    object('PipelineRun', { status: { startTime: at(MINUTE), conditions: [{ type: 'Succeeded', status: 'Unknown', reason: 'Running' }] } }), 'x | Unknown | Running | 60s | '],
  ['a finished run', 'taskruns.tekton.dev',
    object('TaskRun', { status: { startTime: at(2 * HOUR), completionTime: at(HOUR), conditions: [{ type: 'Succeeded', status: 'True', reason: 'Succeeded' }] } }),
    'x | True | Succeeded | 120m | 60m'],
  ['a run of a custom task', 'customruns.tekton.dev',
    object('CustomRun', { status: { startTime: at(MINUTE), conditions: [{ type: 'Succeeded', status: 'Unknown', reason: 'Running' }] } }), 'x | Unknown | Running | 60s | '],
  ['a Build, which has no reason when it went well', 'builds.build.knative.dev',
    object('Build', { status: { startTime: at(2 * HOUR), completionTime: at(HOUR), conditions: [{ type: 'Succeeded', status: 'True' }] } }),
    'x | True |  | 120m | 60m'],
  ['an image that is wanted', 'images.caching.internal.knative.dev',
    object('Image', { spec: { image: 'busybox' }, status: { conditions: [{ type: 'Ready', status: 'False', reason: 'Pulling' }] } }),
    'x | busybox | False | Pulling | 90s'],
  ['a fetch of a remote definition', 'resolutionrequests.resolution.tekton.dev',
    object('ResolutionRequest', { status: { conditions: [{ type: 'Succeeded', status: 'True', reason: 'Succeeded', lastTransitionTime: at(MINUTE) }] } }, { ownerReferences: [{ kind: 'PipelineRun', name: 'r' }] }),
    'x | PipelineRun | r | True | Succeeded | 2026-01-01T23:58:30.000Z | 2026-01-01T23:59:00.000Z'],
  ['an approval, with the last word of each', 'approvals.slipway.dev',
    object('Approval', { spec: { required: 2, decisions: [{ user: 'a', decision: 'reject' }, { user: 'a', decision: 'approve' }, { user: 'a', decision: 'approve' }, { user: 'b', decision: 'reject' }] } }),
    'x |  |  | 2 | 1 | 90s'],
  ['how long runs are kept', 'retentionpolicies.slipway.dev',
    object('RetentionPolicy', { spec: { succeeded: { keep: 20, for: '168h' }, failed: { for: '720h' } } }), 'x | last 20, 168h | 720h | 90s'],
  ['a task', 'tasks.tekton.dev', object('Task'), 'x | 90s'],
  ['a namespace', 'namespaces', object('Namespace', { status: { phase: 'Active' } }), 'x | Active | 90s'],
  ['a secret', 'secrets', object('Secret', { type: 'Opaque', data: { a: '', b: '' } }), 'x | Opaque | 2 | 90s'],
  ['a config map', 'configmaps', object('ConfigMap', { data: { a: '' }, binaryData: { b: '' } }), 'x | 2 | 90s'],
  ['a service account', 'serviceaccounts', object('ServiceAccount', { secrets: [{ name: 'a' }] }), 'x | 1 | 90s'],
  ['a claim', 'persistentvolumeclaims',
    object('PersistentVolumeClaim', { spec: { volumeName: 'v' }, status: { phase: 'Bound', capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'] } }),
    'x | Bound | v | 1Gi | RWO |  | <unset> | 90s'],
  ['an event that repeats', 'events',
    object('Event', { type: 'Normal', reason: 'Started', message: ' hi\n', involvedObject: { kind: 'TaskRun', name: 't' }, count: 3, firstTimestamp: at(HOUR), lastTimestamp: at(MINUTE) }),
    '60s (x3 over 60m) | Normal | Started | taskrun/t | hi'],
  ['a pod that waits', 'pods', pod({ phase: 'Pending' }), 'x | 0/1 | Pending | 0 | 90s'],
  ['a pod whose image is pulled', 'pods', pod({ phase: 'Pending', containerStatuses: [container({ waiting: { reason: 'ContainerCreating' } })] }), 'x | 0/1 | ContainerCreating | 0 | 90s'],
  ['a pod that initialises', 'pods', pod({ phase: 'Pending', initContainerStatuses: [container({ terminated: { exitCode: 0 } }), container({ running: {} })] }), 'x | 0/1 | Init:1/2 | 0 | 90s'],
  ['a pod whose init container failed', 'pods', pod({ phase: 'Pending', initContainerStatuses: [container({ terminated: { exitCode: 2, reason: 'Error' } })] }), 'x | 0/1 | Init:Error | 0 | 90s'],
  ['a pod that runs', 'pods', pod({ phase: 'Running', containerStatuses: [container({ running: {} }, true), container({ running: {} }, true)] }, {}, 2), 'x | 2/2 | Running | 0 | 90s'],
  ['a pod half done', 'pods', pod({ phase: 'Running', containerStatuses: [container({ terminated: { exitCode: 0, reason: 'Completed' } }), container({ running: {} }, true)] }, {}, 2), 'x | 1/2 | NotReady | 0 | 90s'],
  ['a pod that is done', 'pods', pod({ phase: 'Succeeded', containerStatuses: [container({ terminated: { exitCode: 0, reason: 'Completed' } })] }), 'x | 0/1 | Completed | 0 | 90s'],
  ['a pod that failed', 'pods', pod({ phase: 'Failed', containerStatuses: [container({ terminated: { exitCode: 1 } })] }), 'x | 0/1 | ExitCode:1 | 0 | 90s'],
  ['a pod that was evicted', 'pods', pod({ phase: 'Failed', reason: 'Evicted' }), 'x | 0/1 | Evicted | 0 | 90s'],
  ['a pod that is going', 'pods', pod({ phase: 'Running' }, { deletionTimestamp: at(0) }), 'x | 0/1 | Terminating | 0 | 90s'],
  ['a pod that came back', 'pods', pod({ phase: 'Running', containerStatuses: [{ ...container({ running: {} }, true, 2), lastState: { terminated: { finishedAt: at(MINUTE) } } }] }), 'x | 1/1 | Running | 2 (60s ago) | 90s'],
];

describe('tables', () => {
  test.each(rows)('show %s', (_what, resource, of, expected) => {
    expect(row(resource, of)).toBe(expected);
  });

  test('never fail, whatever an object lacks', () => {
    for (const kind of RESOURCE_KINDS) {
      for (const rest of [
        {},
        { spec: {}, status: {} },
        { spec: null, status: null },
        { spec: 'x', status: { conditions: 'x' }, involvedObject: 1 },
      ]) {
        const bare = { apiVersion: 'v1', kind: kind.kind, metadata: { name: 'x' }, ...rest } as unknown as KubeObject;
        expect(() => tableOf(kind, [bare], {}, { includeObject: 'Metadata', nowMs: NOW })).not.toThrow();
      }
    }
  });

  test('carry of an object what was asked for', () => {
    const secret = resourceKind('secrets')!;
    const shown = (includeObject: 'None' | 'Metadata' | 'Object'): string =>
      JSON.stringify(
        tableOf(secret, [object('Secret', { data: { key: 'aGlkZGVu' } })], {}, { includeObject, nowMs: NOW }),
      );
    expect(shown('None')).not.toContain('creationTimestamp":"');
    expect(shown('Metadata')).toContain('PartialObjectMetadata');
    expect(shown('Metadata')).not.toContain('aGlkZGVu');
    expect(shown('Object')).toContain('aGlkZGVu');
  });
});
