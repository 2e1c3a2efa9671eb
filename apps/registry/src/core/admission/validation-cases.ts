// Builders for the tests of validation: one readable line makes an object, and says what is wrong with it.

import { RESOURCE_KINDS, type KubeObject } from '@slipway/contracts';

import { validate } from './validate.js';

/** What validation says, each as `field: message`. */
export function problems(kind: string, fields: object, old?: object): string[] {
  const resourceKind = RESOURCE_KINDS.find((candidate) => candidate.kind === kind)!;
  const object = (given: object): KubeObject => ({ apiVersion: 'v', kind, metadata: { name: 'n' }, ...given });
  const found = validate(resourceKind, object(fields), old === undefined ? undefined : object(old));
  return found.map(({ field, message }) => `${field}: ${message}`);
}

export const step = { name: 's', image: 'i', script: 'true' };

export function ofTask(spec: object): string[] {
  return problems('Task', { spec: { steps: [step], ...spec } });
}
export function ofStep(more: object): string[] {
  return ofTask({ steps: [{ ...step, ...more }] });
}
export function ofPipeline(spec: object): string[] {
  return problems('Pipeline', { spec });
}
/** A pipeline of task `a` and of task `b`, of which there is more. */
export function ofPipelineTask(more: object): string[] {
  const tasks = ['a', 'b'].map((name) => ({ name, taskRef: { name: 't' } }));
  return ofPipeline({ tasks: [tasks[0], { ...tasks[1], ...more }] });
}
export function ofRun(spec: object): string[] {
  return problems('PipelineRun', { spec: { pipelineRef: { name: 'p' }, ...spec } });
}
export function ofTaskRun(spec: object): string[] {
  return problems('TaskRun', { spec: { taskRef: { name: 't' }, ...spec } });
}

/** A row of a table: what is said of what. */
export interface Row {
  says: string;
  of: string[];
  is: (string | RegExp)[];
}

export function expectRow({ of, is }: Row): void {
  expect(of).toHaveLength(is.length);
  is.forEach((expected, index) => {
    if (typeof expected === 'string') expect(of[index]).toBe(expected);
    else expect(of[index]).toMatch(expected);
  });
}
