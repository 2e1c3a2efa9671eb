import type { PodTemplate, TaskRun } from '@slipway/contracts';
import { withDefaultPodTemplate } from './pod-template.js';

const merged = (below: PodTemplate | undefined, own?: PodTemplate): PodTemplate | undefined => {
  const spec = own === undefined ? {} : { podTemplate: own };
  const taskRun: TaskRun = { apiVersion: 'tekton.dev/v1', kind: 'TaskRun', metadata: { name: 'r' }, spec };
  return withDefaultPodTemplate(taskRun, below).spec.podTemplate;
};

test.each<[what: string, below: PodTemplate | undefined, own: PodTemplate | undefined, both: PodTemplate | undefined]>([
  ['nothing', undefined, undefined, undefined],
  ["the run's own, without a default", undefined, { nodeSelector: { a: 'b' } }, { nodeSelector: { a: 'b' } }],
  ['the default, where the run has none', { nodeSelector: { a: 'b' } }, undefined, { nodeSelector: { a: 'b' } }],
  [
    "the run's field over the default's, whole",
    { nodeSelector: { a: 'b' } },
    { nodeSelector: { c: 'd' } },
    { nodeSelector: { c: 'd' } },
  ],
  [
    'variables and volumes by name',
    {
      env: [
        { name: 'A', value: '1' },
        { name: 'B', value: '1' },
      ],
    },
    { env: [{ name: 'B', value: '2' }], volumes: [{ name: 'v' }] },
    {
      env: [
        { name: 'A', value: '1' },
        { name: 'B', value: '2' },
      ],
      volumes: [{ name: 'v' }],
    },
  ],
])('a run gets %s', (_, below, own, both) => {
  expect(merged(below, own)).toEqual(both);
});
