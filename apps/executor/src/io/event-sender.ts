// Tells the end of TaskRuns to the targets of their `cloudEvent` outputs, and writes down what became of it.
//
//   X1. Only what a target answered, or that it could not be reached, counts as an attempt: where the resources service
//       cannot be asked, nothing is written, and the run is looked at again.

import { RESOURCES_RPC, type DeliverReply, type DeliverRequest, type Fence, type TaskRun } from '@slipway/contracts';
import type { Bus } from '@slipway/bus';
import type { Cache, Store } from '@slipway/store';
import { afterAttempts, dueTargets, endEventOf, nextEventMs } from '../core/cloud-events.js';

/** Longer than the resources service gives a target. */
const TIMEOUT_MS = 8_000;

export class EventSender {
  constructor(
    private readonly store: Pick<Store, 'commit'>,
    private readonly cache: Pick<Cache, 'put'>,
    private readonly bus: Pick<Bus, 'request'>,
  ) {}

  /** Makes the attempts that are due for a finished run. Answers when the next is, in Unix milliseconds. */
  async send(taskRun: TaskRun, fence: Fence): Promise<number | undefined> {
    const targets = dueTargets(taskRun, Date.now());
    if (targets.length === 0) return nextEventMs(taskRun);
    const event = endEventOf(taskRun);
    const problems = await Promise.all(
      targets.map(async (target): Promise<[string, string | undefined]> => {
        const request: DeliverRequest = { target, event };
        const reply = await this.bus.request<DeliverReply>(RESOURCES_RPC.deliver, request, { timeoutMs: TIMEOUT_MS });
        return [target, reply.problem]; // X1
      }),
    );
    const object = { ...taskRun, status: afterAttempts(taskRun.status ?? {}, new Map(problems), Date.now()) };
    const { objects } = await this.store.commit({ writes: [{ op: 'update-status', object }], fence });
    for (const stored of objects) if (stored !== null) this.cache.put(stored);
    return nextEventMs(object);
  }
}
