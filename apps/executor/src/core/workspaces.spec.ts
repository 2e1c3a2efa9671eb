import type { TaskSpec, VolumeMount, WorkspaceBinding } from '@slipway/contracts';
import {
  applyWorkspaces,
  withBoundWorkspaces,
  withDefaultBinding,
  workspaceProblem,
  workspaceVolumes,
} from './workspaces.js';

test('a workspace that a task is given without declaring it is declared in what the status keeps', () => {
  const bindings = [
    { name: 'source', emptyDir: {} },
    { name: 'cache', emptyDir: {} },
  ];
  const spec = { workspaces: [{ name: 'cache', mountPath: '/cache' }] };
  expect(withBoundWorkspaces(spec, bindings)).toEqual({
    workspaces: [{ name: 'cache', mountPath: '/cache' }, { name: 'source' }],
  });
  expect(withBoundWorkspaces(spec, bindings.slice(1))).toBe(spec);
});

test('the default binding is for workspaces that are required and not bound', () => {
  const declared = [{ name: 'source' }, { name: 'cache', optional: true }, { name: 'given' }];
  const given = { name: 'given', secret: { secretName: 's' } };
  expect(withDefaultBinding(declared, [given], { emptyDir: {} })).toEqual([given, { name: 'source', emptyDir: {} }]);
});

describe('applyWorkspaces', () => {
  /** Where the step template, and each step and sidecar of its own, mounts what; `(ro)` and the sub-path behind it. */
  const mounts = (spec: TaskSpec, ...bindings: WorkspaceBinding[]): Record<string, string[]> => {
    const applied = applyWorkspaces(spec, bindings, workspaceVolumes(bindings));
    const text = ({ mountPath, subPath = '', readOnly }: VolumeMount): string =>
      [mountPath, ...(subPath === '' ? [] : [`from ${subPath}`]), ...(readOnly === true ? ['(ro)'] : [])].join(' ');
    const all: [string, VolumeMount[] | undefined][] = [
      ['template', applied.stepTemplate?.volumeMounts],
      ...[...(applied.steps ?? []), ...(applied.sidecars ?? [])].map((user): [string, VolumeMount[] | undefined] => [
        user.name!,
        user.volumeMounts,
      ]),
    ];
    return Object.fromEntries(all.flatMap(([name, list]) => (list === undefined ? [] : [[name, list.map(text)]])));
  };
  const source = { name: 'source', emptyDir: {} };
  const users = { steps: [{ name: 'a' }, { name: 'b' }], sidecars: [{ name: 'db' }] };

  const rows: [what: string, spec: TaskSpec, bindings: WorkspaceBinding[], is: Record<string, string[]>][] = [
    ['mounts a workspace in all steps and sidecars', users, [source], { template: ['/workspace/source'], db: ['/workspace/source'] }],
    ['takes the path and the mode of the declaration', { ...users, workspaces: [{ name: 'source', mountPath: '/src', readOnly: true }] }, [source], { template: ['/src (ro)'], db: ['/src (ro)'] }],
    ['takes the sub-path of the binding', { steps: users.steps }, [{ ...source, subPath: 'in' }], { template: ['/workspace/source from in'] }],
    ['leaves an optional workspace out that nobody bound', { ...users, workspaces: [{ name: 'cache', optional: true }] }, [source], { template: ['/workspace/source'], db: ['/workspace/source'] }],
    ['mounts an isolated workspace only where it is named', { steps: [{ name: 'a', workspaces: [{ name: 'source' }] }, { name: 'b' }], sidecars: [{ name: 'db' }] }, [source], { a: ['/workspace/source'] }],
    ['mounts it where the step or the sidecar says', { steps: [{ name: 'a', workspaces: [{ name: 'source', mountPath: '/own' }] }], sidecars: [{ name: 'db', workspaces: [{ name: 'source', mountPath: '/data' }] }] }, [source], { a: ['/own'], db: ['/data'] }],
    ['keeps it read-only where it is declared so', { steps: [{ name: 'a', workspaces: [{ name: 'source' }] }], workspaces: [{ name: 'source', readOnly: true }] }, [source], { a: ['/workspace/source (ro)'] }],
    ['isolates no other workspace with it', { steps: [{ name: 'a', workspaces: [{ name: 'source' }] }, { name: 'b' }] }, [source, { name: 'cache', emptyDir: {} }], { template: ['/workspace/cache'], a: ['/workspace/source'] }],
  ]; // prettier-ignore
  test.each(rows)('%s', (_what, spec, bindings, is) => {
    expect(mounts(spec, ...bindings)).toEqual(is);
  });

  test('two bindings of one claim share a volume (W2)', () => {
    const claim = { persistentVolumeClaim: { claimName: 'c' } };
    const bindings = [{ name: 'in', ...claim, subPath: 'in' }, { name: 'out', ...claim, subPath: 'out' }]; // prettier-ignore
    expect(applyWorkspaces({ steps: [] }, bindings, workspaceVolumes(bindings)).volumes).toHaveLength(1);
  });
});

test('a workspace that is optional need not be bound, and one that is bound must be declared', () => {
  const declared = [{ name: 'source' }, { name: 'cache', optional: true }];
  const source = { name: 'source', emptyDir: {} };
  expect(workspaceProblem(declared, [source], false)).toBeUndefined();
  expect(workspaceProblem(declared, [], false)).toMatch(/"source" is required/);
  expect(workspaceProblem(declared, [source, { name: 'x', emptyDir: {} }], false)).toMatch(/"x" does not match/);
});
