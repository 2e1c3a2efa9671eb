// The log of one container as the cluster gives it: one request for a short step, one that follows for a long one.
//
//   L1. A line's number is its place in the container's log; what was given before is skipped, not asked differently for.
//   L2. A log is at its end when the container had ended before the request, or when it ended while it was followed.
//   L3. Steps that wait for their turn have nothing to say, and cost no connection.

import { asSlipwayError, type ContainerStatus, type LogLine, type Pod } from '@slipway/contracts';
import { setTimeout as sleep } from 'node:timers/promises';
import { isStep } from '../../core/step-states.js';
import type { ApiClient } from './api-client.js';
import { LogLines } from './log-lines.js';

export interface PodLogSource {
  api: ApiClient;
  /** The pod as it is known now; undefined when it is gone. */
  pod: () => Pod | undefined;
  /** Resolves at the next change of the pod, or at the latest after so many milliseconds. */
  changed: (limitMs: number, signal: AbortSignal) => Promise<void>;
}

/** After a connection that was lost, and when the end of a container is told later than its log ends. */
const RETRY_MS = 500;
const LAST_RETRY_MS = 10_000;

/** Lines from number `from` until the container has ended, or its pod is gone. */
export async function* readPodLog(
  { api, pod, changed }: PodLogSource,
  container: string,
  from: number,
  signal: AbortSignal,
): AsyncGenerator<LogLine[]> {
  let given = from;
  let failures = 0;
  for (;;) {
    signal.throwIfAborted();
    const current = pod();
    if (current === undefined) return;
    const turn = turnOf(current, container);
    if (turn === 'never') return;
    if (turn === 'waits') {
      await changed(60_000, signal);
      continue;
    }
    try {
      for await (const lines of request(api, current, container, turn === 'runs', given, signal)) {
        failures = 0;
        given += lines.length;
        yield lines;
      }
      if (turn === 'ended') return; // L2
      const after = pod();
      if (after === undefined || turnOf(after, container) === 'ended') return; // L2
      await changed(RETRY_MS, signal);
    } catch (thrown) {
      signal.throwIfAborted();
      const { kind } = asSlipwayError(thrown);
      if (kind === 'not-found') return;
      failures++;
      await sleep(Math.min(RETRY_MS * 2 ** failures, LAST_RETRY_MS), undefined, { signal, ref: false });
      if (kind === 'invalid' && failures > 5) return; // its node has no log of it
    }
  }
}

async function* request(
  api: ApiClient,
  { metadata }: Pod,
  container: string,
  follow: boolean,
  skip: number,
  signal: AbortSignal,
): AsyncGenerator<LogLine[]> {
  const response = await api.stream({
    path: `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}/log`,
    query: { container, timestamps: 'true', ...(follow ? { follow: 'true' } : {}) },
    signal,
  });
  const lines = new LogLines();
  let toSkip = skip; // L1
  const unseen = (found: LogLine[]): LogLine[] => {
    const skipped = Math.min(toSkip, found.length);
    toSkip -= skipped;
    return found.slice(skipped);
  };
  try {
    for await (const bytes of response) {
      const found = unseen(lines.push(bytes as Buffer));
      if (found.length > 0) yield found;
    }
    const last = unseen(lines.end());
    if (last.length > 0) yield last;
  } finally {
    response.destroy();
  }
}

/** What a container's log is worth asking for (L3). */
function turnOf(pod: Pod, container: string): 'waits' | 'runs' | 'ended' | 'never' {
  const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  const own = statuses.find(({ name }) => name === container);
  const phase = pod.status?.phase;
  if (own?.state?.terminated !== undefined) return own.state.terminated.containerID === undefined ? 'never' : 'ended';
  if (phase === 'Succeeded' || phase === 'Failed') return 'never';
  if (own?.state?.running === undefined) return 'waits';
  return hasTurn(pod, container, statuses) ? 'runs' : 'waits';
}

function hasTurn(pod: Pod, container: string, statuses: readonly ContainerStatus[]): boolean {
  const steps = pod.spec.containers.filter(isStep);
  const before = steps[steps.findIndex(({ name }) => name === container) - 1];
  return before === undefined || statuses.find(({ name }) => name === before.name)?.state.terminated !== undefined;
}
