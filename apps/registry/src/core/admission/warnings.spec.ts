import type { KubeObject } from '@slipway/contracts';

import { warningsOf } from './warnings.js';

const task = (script: string, labels: Record<string, string> = {}): KubeObject =>
  ({
    apiVersion: 'tekton.dev/v1',
    kind: 'Task',
    metadata: { name: 't', labels },
    spec: { steps: [{ name: 's', script }] },
  }) as KubeObject;

describe('warningsOf', () => {
  it('warns of a param that stands in a script unquoted, and not of one in quotes', () => {
    expect(warningsOf(task('make $(params.x)'))).toEqual([
      expect.stringContaining('task "t", step "s": line 1 of its script has $(params.x) unquoted'),
    ]);
    expect(warningsOf(task('make "$(params.x)"'))).toEqual([]);
  });

  it('warns once: not again when only labels change', () => {
    expect(warningsOf(task('make $(params.x)', { a: 'b' }), task('make $(params.x)'))).toEqual([]);
    expect(warningsOf(task('make $(params.x)'), task('make'))).toHaveLength(1);
  });

  it('says of a hermetic run that it is none', () => {
    const annotations = { 'experimental.tekton.dev/execution-mode': 'hermetic' };
    const run = { apiVersion: 'tekton.dev/v1', kind: 'TaskRun', metadata: { name: 'r', annotations } };
    expect(warningsOf(run)).toEqual([expect.stringContaining('the steps of this run reach the network')]);
    expect(warningsOf({ ...run, metadata: { name: 'r' } })).toEqual([]);
  });

  it('says of a binding that nobody asks it', () => {
    const binding = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'RoleBinding', metadata: { name: 'b' } };
    expect(warningsOf(binding)).toEqual([expect.stringContaining('RoleBinding is stored and has no effect here')]);
  });

  it('names five, and counts the rest', () => {
    const warnings = warningsOf(task('$(params.x)\n'.repeat(9)));
    expect(warnings).toHaveLength(6);
    expect(warnings.at(-1)).toBe('4 more variables stand unquoted in scripts; "slipway lint FILE" names them.');
  });
});
