// The StepActions that the steps of a task refer to, from where definitions are.

import {
  STEP_ACTIONS,
  SlipwayError,
  paramReplacements,
  type ObjectRef,
  type Step,
  type StepAction,
  type TaskRun,
} from '@slipway/contracts';
import type { Refusal, ResolvedTask } from '../core/check-run.js';
import { stepOfAction } from '../core/step-actions.js';
import type { Definitions } from './definitions.js';

export class StepActions {
  constructor(private readonly definitions: Definitions) {}

  /** The task with every `ref` of its steps replaced by what it refers to, or why that cannot be. */
  async resolve(taskRun: TaskRun, task: ResolvedTask): Promise<ResolvedTask | Refusal> {
    const { spec } = task;
    const referring = (spec.steps ?? []).flatMap((step, index) => (step.ref === undefined ? [] : [{ step, index }]));
    if (referring.length === 0) return task;
    const outer = paramReplacements(taskRun.spec.params, spec.params);
    const steps = [...(spec.steps ?? [])];
    const actions = await Promise.all(referring.map(({ step }) => this.#get(taskRun, step.ref!).catch(asProblem)));
    for (const [i, { step, index }] of referring.entries()) {
      const action = actions[i]!;
      try {
        if (action instanceof SlipwayError) throw action;
        steps[index] = stepOfAction(step, action.spec, outer);
      } catch (thrown) {
        return refusal(step, index, asProblem(thrown));
      }
    }
    return { ...task, spec: { ...spec, steps }, scopedSteps: new Set(referring.map(({ index }) => index)) };
  }

  async #get({ metadata }: TaskRun, ref: ObjectRef): Promise<StepAction> {
    if (ref.resolver !== undefined && ref.resolver !== '') {
      throw new SlipwayError('invalid', 'UnknownResolver', `resolver "${ref.resolver}" is not served here`);
    }
    const { namespace = '', resourceVersion } = metadata;
    const name = ref.name ?? '';
    const found = await this.definitions.get<StepAction>(STEP_ACTIONS, namespace, name, Number(resourceVersion ?? 0));
    if (found === undefined) throw new SlipwayError('not-found', 'NotFound', `${STEP_ACTIONS} "${name}" not found`);
    return found;
  }
}

/** Tekton's words. */
function refusal({ name = '' }: Step, index: number, { message }: SlipwayError): Refusal {
  return {
    reason: 'TaskRunResolutionFailed',
    message: `failed to resolve step ref for step "${name}" (index ${index}): ${message}`,
  };
}

/** What the user's documents do wrong ends the run; anything else is tried again. */
function asProblem(thrown: unknown): SlipwayError {
  if (thrown instanceof SlipwayError && ['invalid', 'not-found'].includes(thrown.kind)) return thrown;
  throw thrown;
}
