import type { TaskRun, TaskRunSpec, TaskSpec } from '@slipway/contracts';
import { refusalOf } from './check-run.js';

const refused = (spec: TaskSpec, run: TaskRunSpec = {}, inline = true): string | undefined => {
  const taskRun: TaskRun = { apiVersion: 'tekton.dev/v1', kind: 'TaskRun', metadata: { name: 'r' }, spec: run };
  const steps = spec.steps ?? [{ image: 'x', command: ['y'] }];
  const refusal = refusalOf(taskRun, { name: 'task', spec: { ...spec, steps }, inline, labels: {}, annotations: {} });
  return refusal === undefined ? undefined : `${refusal.reason}: ${refusal.message}`;
};
const INVALID = 'TaskRunValidationFailed: [User error] invalid input params for task task: ';

describe('refusalOf', () => {
  it('lets a run begin whose params and workspaces fit', () => {
    const spec: TaskSpec = {
      params: [
        { name: 'a', type: 'string' },
        { name: 'b', default: ['x'] },
        { name: 'c', properties: { k: {} } },
      ],
      workspaces: [{ name: 'w' }, { name: 'o', optional: true }],
      steps: [{ script: '$(params.b[0])' }],
    };
    const run: TaskRunSpec = {
      params: [
        { name: 'a', value: '1' },
        { name: 'c', value: { k: 'v' } },
        { name: 'extra', value: 'ignored' },
      ],
      workspaces: [{ name: 'w', emptyDir: {} }],
    };
    expect(refused(spec, run)).toBeUndefined();
  });

  const rows: [title: string, spec: TaskSpec, run: TaskRunSpec, expected: string][] = [
    ['a task without steps', { steps: [] }, {}, 'TaskValidationFailed: [User error] Task task has no steps'],
    [
      'params that are missing, all at once',
      { params: [{ name: 'a' }, { name: 'b' }, { name: 'c', default: '' }] },
      {},
      `${INVALID}missing values for these params which have no default values: [a b]`,
    ],
    [
      'a param of another type',
      { params: [{ name: 'a', type: 'array' }] },
      { params: [{ name: 'a', value: 'text' }] },
      `${INVALID}param types don't match the user-specified type: [a]`,
    ],
    [
      'an object without a key that is declared',
      { params: [{ name: 'o', type: 'object', properties: { x: {}, y: {} } }] },
      { params: [{ name: 'o', value: { x: '1' } }] },
      `${INVALID}missing keys for these params which are required in ParamSpec's properties map[o:[y]]`,
    ],
    [
      'an object without a key that neither the run nor the default has',
      { params: [{ name: 'o', type: 'object', properties: { x: {}, y: {}, z: {} }, default: { x: '1' } }] },
      { params: [{ name: 'o', value: { y: '2' } }] },
      `${INVALID}missing keys for these params which are required in ParamSpec's properties map[o:[z]]`,
    ],
    [
      'a default that is not in the enum, of a param that is not given',
      { params: [{ name: 'e', enum: ['x'], default: 'z' }] },
      {},
      'InvalidParamValue: [User error] param `e` value: z is not in the enum list',
    ],
    [
      'an index beyond the array',
      { params: [{ name: 'a', type: 'array' }], steps: [{ script: '$(params.a[0]) $(params.a[2])' }] },
      { params: [{ name: 'a', value: ['1'] }] },
      'TaskRunValidationFailed: [User error] non-existent param references:[$(params.a[2])]',
    ],
    [
      'a value that is not in the enum',
      { params: [{ name: 'e', enum: ['x', 'y'] }] },
      { params: [{ name: 'e', value: 'z' }] },
      'InvalidParamValue: [User error] param `e` value: z is not in the enum list',
    ],
    [
      'a workspace that is not bound',
      { workspaces: [{ name: 'w' }] },
      {},
      'TaskRunValidationFailed: [User error] declared workspace "w" is required but has not been bound',
    ],
  ];
  for (const [title, spec, run, expected] of rows) {
    it(`refuses ${title}`, () => expect(refused(spec, run)).toBe(expected));
  }

  it('takes more workspaces than declared from an inline task only', () => {
    const run: TaskRunSpec = { workspaces: [{ name: 'w', emptyDir: {} }] };
    expect(refused({}, run, true)).toBeUndefined();
    expect(refused({}, run, false)).toMatch(/workspace binding "w" does not match any declared workspace/);
  });
});
