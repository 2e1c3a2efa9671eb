import type { RunRef } from '../input/apply.js';
import type { ApiClient } from './client.js';
import { pathOf } from './follow-run.js';

const STATUS = { now: 'Cancelled', finally: 'CancelledRunFinally', after: 'StoppedRunFinally' } as const;

/** Writes into the run's spec that it is to stop; the scheduler does the rest. */
export async function cancelRun(client: ApiClient, ref: RunRef, mode: keyof typeof STATUS): Promise<void> {
  const status = ref.kind === 'TaskRun' ? 'TaskRunCancelled' : STATUS[mode];
  await client.call(pathOf(ref, ref.name), {
    method: 'PATCH',
    contentType: 'application/merge-patch+json',
    body: { spec: { status } },
  });
}
