// How a pod ended that nobody saw end.

import { timeOf, type ContainerStatus, type PodStatus } from '@slipway/contracts';

/** The last status known of it, with an end for all that ran: killed, for the reason that is given. */
export function endedStatus(status: PodStatus, reason: string, message: string, nowMs: number): PodStatus {
  const finishedAt = timeOf(nowMs);
  const ended = (one: ContainerStatus): ContainerStatus => {
    if (one.state?.running === undefined) return one;
    const { startedAt = finishedAt } = one.state.running;
    return { ...one, ready: false, state: { terminated: { exitCode: 137, reason, startedAt, finishedAt } } };
  };
  return {
    ...status,
    phase: 'Failed',
    reason: status.reason ?? reason,
    message: status.message ?? message,
    ...(status.containerStatuses === undefined ? {} : { containerStatuses: status.containerStatuses.map(ended) }),
  };
}
