import type { Pod, TaskRun } from '@slipway/contracts';
import { debugFiles, waitsBefore, waitsOnFailure, withDecisions } from './breakpoints.js';

const taskRun = (breakpoints: object | undefined, decisions?: string): TaskRun => ({
  apiVersion: 'tekton.dev/v1',
  kind: 'TaskRun',
  metadata: { name: 'r', ...(decisions === undefined ? {} : { annotations: { 'slipway.dev/debug': decisions } }) },
  spec: breakpoints === undefined ? {} : { debug: { breakpoints } },
});
const pod = (annotations: Record<string, string> = {}): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'r-pod', annotations },
  spec: { containers: [{ name: 'step-a' }, { name: 'step-unnamed-1' }, { name: 'sidecar-b' }] },
});

describe('breakpoints', () => {
  it('are before the steps that are named, and behind those that fail when that is enabled', () => {
    expect(waitsBefore(taskRun({ beforeSteps: ['a'] }), { name: 'a' })).toBe(true);
    expect(waitsBefore(taskRun({ beforeSteps: ['a'] }), { name: 'b' })).toBe(false);
    expect(waitsOnFailure(taskRun({ onFailure: 'enabled' }).spec)).toBe(true);
    expect(waitsOnFailure(taskRun({ onFailure: '' }).spec)).toBe(false);
  });

  it('bring scripts and a file for the decisions about each step', () => {
    const { annotations, volumes, mounts } = debugFiles(taskRun({ onFailure: 'enabled' }), [{ name: 'a' }, {}]);
    expect(mounts).toEqual([{ name: 'tekton-internal-debug', mountPath: '/tekton/debug', readOnly: true }]);
    expect(volumes[0]?.downwardAPI?.items?.map(({ path }) => path)).toEqual([
      ...['decisions/0', 'decisions/1', 'scripts/debug-continue', 'scripts/debug-fail-continue'],
      ...['scripts/debug-beforestep-continue', 'scripts/debug-beforestep-fail-continue'],
    ]);
    expect(Object.keys(annotations)).toHaveLength(4);
    expect(debugFiles(taskRun(undefined), [{}])).toEqual({ annotations: {}, volumes: [], mounts: [] });
  });

  test.each<[what: string, decisions: string | undefined, before: Record<string, string>, added: object | undefined]>([
    ['nothing was decided', undefined, {}, undefined],
    ['a step is decided about', 'a continue', {}, { 'slipway.dev/debug-decisions-0': 'continue' }],
    [
      'several are',
      'a continue\nunnamed-1 fail-continue, a fail-continue',
      {},
      { 'slipway.dev/debug-decisions-0': 'continue\nfail-continue', 'slipway.dev/debug-decisions-1': 'fail-continue' },
    ],
    ['the pod knows already', 'a continue', { 'slipway.dev/debug-decisions-0': 'continue' }, undefined],
    ['no such step or decision is named', 'b continue\na perhaps\na continue now', {}, undefined],
  ])('pass decisions on when %s', (_, decisions, before, added) => {
    const expected = added === undefined ? undefined : { ...before, ...added };
    expect(withDecisions(taskRun({ onFailure: 'enabled' }, decisions), pod(before))).toEqual(expected);
  });

  it('take no decisions where there are none', () => {
    expect(withDecisions(taskRun(undefined, 'a continue'), pod())).toBeUndefined();
  });
});
