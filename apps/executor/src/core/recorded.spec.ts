// Our functions against calls recorded while another implementation's own tests ran.

import type { Param, ParamSpec, Pod, TaskRun, TaskSpec, Volume, WorkspaceBinding } from '@slipway/contracts';
import { recordedCalls } from '@slipway/testing/shared-data';
import { substituteDeep } from '@slipway/contracts';
import { statusFromPod } from './pod-status.js';
import { applyParams, contextReplacements, pathReplacements } from './variables.js';
import { applyWorkspaces } from './workspaces.js';

interface Call<In, Out> {
  in: In;
  out: Out;
}

function replay<In, Out>(fn: string, check: (input: In, output: Out) => void): void {
  const calls = recordedCalls<Call<In, Out>>(fn);
  if (calls.length === 0) it.skip(fn, () => {});
  calls.forEach((call, i) =>
    it(`${fn}: call ${i + 1} of ${calls.length} gives the same`, () => check(call.in, call.out)),
  );
}

describe('recorded calls', () => {
  replay<[TaskSpec, TaskRun, ParamSpec[] | null], TaskSpec>('taskrun.ApplyParameters', ([spec, run, declared], out) => {
    expect(withoutEmpty(applyParams(spec, run.spec.params as Param[], declared ?? []))).toEqual(withoutEmpty(out));
  });

  replay<[TaskSpec, string, TaskRun], TaskSpec>('taskrun.ApplyContexts', ([spec, taskName, run], out) => {
    const named = { ...run, metadata: { ...run.metadata, name: run.metadata.name ?? '' } };
    expect(substituteDeep(spec, contextReplacements(taskName, named))).toEqual(out);
  });

  replay<TaskSpec, TaskSpec>('taskrun.ApplyTaskResults', (spec, out) => {
    expect({ ...substituteDeep(spec, pathReplacements(spec)) }).toEqual(out);
  });

  replay<TaskSpec, TaskSpec>('taskrun.ApplyStepExitCodePath', (spec, out) => {
    expect(substituteDeep(spec, pathReplacements(spec))).toEqual(out);
  });

  replay<[TaskSpec, WorkspaceBinding[], Record<string, Volume>], [TaskSpec, null]>(
    'workspace.Apply',
    ([spec, bindings, volumes], [out]) => {
      const applied = applyWorkspaces(spec, bindings, new Map(Object.entries(volumes)));
      expect(withoutEmpty(applied)).toEqual(withoutEmpty(out));
    },
  );

  replay<[TaskRun, Pod, TaskSpec], [TaskRun['status'], string | null]>(
    'pod.MakeTaskRunStatus',
    ([taskRun, pod, spec], [out]) => {
      const report = { taskRun, pod, spec, logged: new Map(), reasons: 'Failed' as const, nowMs: 0 };
      expect(comparable(statusFromPod(report))).toEqual(comparable(out));
    },
  );
});

/** Empty fields that one side writes and the other leaves out. */
function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmpty);
  if (typeof value !== 'object' || value === null) return value;
  const isEmpty = (item: unknown): boolean =>
    item === '' || (typeof item === 'object' && item !== null && Object.keys(item).length === 0);
  const entries = Object.entries(value).map(([key, item]) => [key, withoutEmpty(item)] as const);
  return Object.fromEntries(entries.filter(([, item]) => !isEmpty(item)));
}

/**
 * Times aside; v0.53 had no terminationReason and no resourcesResult any more, and told how to get the log in the
 * failure's message.
 */
function comparable(status: TaskRun['status']): unknown {
  const text = JSON.stringify(status, (key, value: unknown) => {
    if (LEFT_OUT.includes(key) || value === null || value === '') return undefined;
    if (typeof value !== 'string' || key !== 'message') return value;
    return value.replace(/ \(image: ".*"\); for logs run: .*\n$/, '');
  });
  return JSON.parse(text) as unknown;
}
const LEFT_OUT = ['lastTransitionTime', 'completionTime', 'terminationReason', 'resourcesResult'];
