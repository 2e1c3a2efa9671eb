// The tasks of a pipeline that stand elsewhere.

import type { Fence, ObjectRef, PipelineSpec, RemoteOwner, RemoteRef, Task, TaskSpec } from '@slipway/contracts';
import { remoteRefOf } from '@slipway/contracts';
import type { RemoteReferences } from '@slipway/store';
import { allTasks } from '../core/compiled-pipeline.js';
import type { Refusal } from '../core/refusal.js';
import { Limiter } from './limiter.js';

export type RemoteTasks =
  | { kind: 'resolved'; specs: ReadonlyMap<string, TaskSpec> }
  | { kind: 'resolving' }
  | { kind: 'failed'; resolver: string; message: string; specs: ReadonlyMap<string, TaskSpec> };

const PARALLEL = 16;

/** Asks for all of them at once. Those whose params hold results are left to the executor, which will know them. */
export async function remoteTasks(
  remote: Pick<RemoteReferences, 'get'>,
  owner: RemoteOwner,
  spec: PipelineSpec,
  fence: Fence,
): Promise<RemoteTasks> {
  const refs = new Map<string, { ref: ObjectRef; resolver: string }>();
  for (const { taskRef } of allTasks(spec)) {
    const found = remoteRefOf(taskRef, 'Task');
    if (found === undefined || JSON.stringify(found).includes('$(')) continue;
    refs.set(keyOfRemote(found), { ref: taskRef!, resolver: found.resolver });
  }
  const specs = new Map<string, TaskSpec>();
  let isResolving = false;
  const failures: { resolver: string; message: string }[] = [];
  const limiter = new Limiter(PARALLEL);
  await Promise.all(
    [...refs].map(([key, { ref, resolver }]) =>
      limiter.run(async () => {
        const found = await remote.get<Task>(owner, ref, 'Task', fence);
        if (found.kind === 'resolved') specs.set(key, found.object.spec);
        else if (found.kind === 'resolving') isResolving = true;
        else failures.push({ resolver, message: found.message });
      }),
    ),
  );
  const [failure] = failures;
  if (failure !== undefined) return { kind: 'failed', ...failure, specs };
  return isResolving ? { kind: 'resolving' } : { kind: 'resolved', specs };
}

export function keyOfRemote({ resolver, params }: RemoteRef): string {
  return JSON.stringify([resolver, params]);
}

export function remoteTaskNotFound(
  namespace: string,
  pipeline: string,
  { resolver, message }: { resolver: string; message: string },
): Refusal {
  const why = `couldn't retrieve Task by the resolver "${resolver}": ${message}`;
  return {
    reason: 'CouldntGetTask',
    message: `Pipeline ${namespace}/${pipeline} can't be Run; it contains Tasks that don't exist: ${why}`,
  };
}
