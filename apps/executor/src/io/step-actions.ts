// The StepActions that the steps of a task refer to, from where definitions are.

import {
  STEP_ACTIONS,
  SlipwayError,
  paramReplacements,
  remoteOwnerOf,
  remoteRefOf,
  substituteDeep,
  type Fence,
  type ObjectRef,
  type RefSource,
  type Step,
  type StepAction,
  type TaskRun,
} from '@slipway/contracts';
import type { RemoteReferences } from '@slipway/store';
import type { Awaiting, Refusal, ResolvedTask } from '../core/check-run.js';
import { stepOfAction } from '../core/step-actions.js';
import type { Definitions } from './definitions.js';

interface Found {
  object: StepAction;
  refSource?: RefSource | undefined;
}

export class StepActions {
  constructor(
    private readonly definitions: Definitions,
    private readonly remote: Pick<RemoteReferences, 'get'>,
  ) {}

  /** The task with every `ref` of its steps replaced by what it refers to, why that cannot be, or what it waits for. */
  async resolve(taskRun: TaskRun, task: ResolvedTask, fence: Fence): Promise<ResolvedTask | Refusal | Awaiting> {
    const { spec } = task;
    const referring = (spec.steps ?? []).flatMap((step, index) => (step.ref === undefined ? [] : [{ step, index }]));
    if (referring.length === 0) return task;
    const outer = paramReplacements(taskRun.spec.params, spec.params);
    const steps = [...(spec.steps ?? [])];
    const sources = new Map<number, RefSource>();
    const refs = referring.map(({ step }) => substituteDeep(step.ref!, outer));
    const actions = await Promise.all(refs.map((ref) => this.#get(taskRun, ref, fence).catch(asProblem)));
    for (const [i, { step, index }] of referring.entries()) {
      const action = actions[i]!;
      if ('resolving' in action) return action;
      try {
        if (action instanceof SlipwayError) throw action;
        steps[index] = stepOfAction(step, action.object.spec, outer);
        if (action.refSource !== undefined) sources.set(index, action.refSource);
      } catch (thrown) {
        return refusal(step, index, asProblem(thrown));
      }
    }
    const scopedSteps = new Set(referring.map(({ index }) => index));
    return { ...task, spec: { ...spec, steps }, scopedSteps, stepSources: sources };
  }

  async #get(taskRun: TaskRun, ref: ObjectRef, fence: Fence): Promise<Found | Awaiting> {
    const { metadata } = taskRun;
    if (remoteRefOf(ref, 'StepAction') !== undefined) return this.#getRemote(taskRun, ref, fence);
    const { namespace = '', resourceVersion } = metadata;
    const name = ref.name ?? '';
    const found = await this.definitions.get<StepAction>(STEP_ACTIONS, namespace, name, Number(resourceVersion ?? 0));
    if (found === undefined) throw new SlipwayError('not-found', 'NotFound', `${STEP_ACTIONS} "${name}" not found`);
    return { object: found };
  }

  async #getRemote(taskRun: TaskRun, ref: ObjectRef, fence: Fence): Promise<Found | Awaiting> {
    const { namespace = '', name } = taskRun.metadata;
    const owner = remoteOwnerOf(taskRun, fence.shard);
    const found = await this.remote.get<StepAction>(owner, ref, 'StepAction', fence);
    switch (found.kind) {
      case 'resolved':
        return found;
      case 'failed':
        throw new SlipwayError('not-found', 'ResolutionFailed', found.message);
      case 'resolving': {
        const message = `TaskRun ${namespace}/${name} awaiting remote StepAction`;
        return { resolving: { request: found.request, reason: 'ResolvingStepActionRef', message } };
      }
    }
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
