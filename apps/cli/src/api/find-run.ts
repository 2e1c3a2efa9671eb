// A run by the name that the user gives: `NAME`, `pipelinerun/NAME`, `tr/NAME`, `build/NAME`.

import { SlipwayError, isDone } from '@slipway/contracts';
import type { ApiClient } from './client.js';
import { RUN_KINDS, pathOf, runKindOfWord, type RunObject, type RunRef } from './run-kind.js';

export interface Found {
  ref: RunRef;
  run: RunObject;
}

/** The PipelineRun of that name, else the Build, else the TaskRun. Throws `not-found` naming runs that are there. */
export async function findRun(client: ApiClient, given: string): Promise<Found> {
  const { namespace } = client.access;
  const [word, rest] = given.includes('/')
    ? [given.slice(0, given.indexOf('/')), given.slice(given.indexOf('/') + 1)]
    : [undefined, given];
  const kind = word === undefined ? undefined : runKindOfWord(word);
  if (word !== undefined && kind === undefined) {
    throw new SlipwayError('invalid', 'NoSuchKind', `"${word}" is not a kind of run.`, {
      hint: 'Use pipelinerun/NAME, taskrun/NAME or build/NAME.',
    });
  }
  for (const candidate of kind === undefined ? RUN_KINDS : [kind]) {
    const ref: RunRef = { kind: candidate, namespace, name: rest };
    try {
      return { ref, run: await client.call<RunObject>(pathOf(ref, rest)) };
    } catch (thrown) {
      if (!(thrown instanceof SlipwayError) || thrown.kind !== 'not-found') throw thrown;
    }
  }
  const what = kind ?? 'PipelineRun, Build or TaskRun';
  const hint = await known(client, kind ?? 'PipelineRun');
  throw new SlipwayError('not-found', 'NotFound', `There is no ${what} "${rest}" in namespace "${namespace}".`, {
    hint,
  });
}

async function known(client: ApiClient, kind: RunRef['kind']): Promise<string> {
  const { namespace } = client.access;
  const { items } = await client.call<{ items: RunObject[] }>(pathOf({ kind, namespace }), {
    query: { limit: '500' },
  });
  if (items.length === 0) return `There are no ${kind}s in that namespace; -n names another one.`;
  const newest = items.sort((one, other) => created(other).localeCompare(created(one))).slice(0, 5);
  return `The newest ${kind}s are ${newest.map((run) => `${run.metadata.name}${isDone(run) ? '' : ' (running)'}`).join(', ')}.`;
}

function created(run: RunObject): string {
  return run.metadata.creationTimestamp ?? '';
}
