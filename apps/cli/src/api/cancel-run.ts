import type { ApiClient } from './client.js';
import { pathOf, runKind, type RunKind, type RunRef } from './run-kind.js';

/** Writes into the run's spec that it is to stop; the scheduler does the rest. */
export async function cancelRun(client: ApiClient, ref: RunRef, mode: keyof RunKind['asks']): Promise<void> {
  await client.call(pathOf(ref, ref.name), {
    method: 'PATCH',
    contentType: 'application/merge-patch+json',
    body: { spec: { status: runKind(ref.kind).asks[mode] } },
  });
}
