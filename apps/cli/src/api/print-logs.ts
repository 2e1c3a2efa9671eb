// The log of a run as far as it is there, task by task in the order in which they started.

import { LABELS, isDone, type PipelineRun, type TaskRun } from '@slipway/contracts';
import type { RunRef } from '../input/apply.js';
import type { ApiClient } from './client.js';
import { pathOf } from './follow-run.js';
import type { FollowOptions, Observer } from './observer.js';
import { nestedOf, within } from './nested-runs.js';
import { containerLines } from './pod-logs.js';

export async function printNow(
  client: ApiClient,
  ref: RunRef,
  run: PipelineRun | TaskRun,
  observer: Observer,
  options: FollowOptions,
): Promise<{ taskRuns: TaskRun[] }> {
  const taskRuns = ref.kind === 'TaskRun' ? [run as TaskRun] : await childrenOf(client, ref);
  const own = [...taskRuns];
  for (const child of ref.kind === 'TaskRun' ? [] : await nestedOf(client, ref)) {
    if (child.kind !== 'PipelineRun') continue;
    const task = child.metadata.labels?.[LABELS.pipelineTask] ?? child.metadata.name;
    const { wanted } = options;
    const inner = wanted === undefined ? options : { ...options, wanted: (name: string, step: string) => wanted(`${task}/${name}`, step) }; // prettier-ignore
    const nested = { ...ref, name: child.metadata.name };
    const { taskRuns: deeper } = await printNow(client, nested, child, within(observer, ref, task), inner);
    taskRuns.push(...deeper);
  }
  for (const taskRun of own) {
    const task = taskRun.metadata.labels?.[LABELS.pipelineTask] ?? taskRun.metadata.name;
    for (const attempt of [...(taskRun.status?.retriesStatus ?? []), taskRun.status ?? {}]) {
      for (const { name: step, container, running, terminated } of attempt.steps ?? []) {
        if (running === undefined && terminated === undefined) continue;
        if (attempt.podName === undefined || options.wanted?.(task, step) === false) continue;
        const log = {
          namespace: ref.namespace,
          pod: attempt.podName,
          container,
          follow: isDone(taskRun), // its log has an end, and the last lines may still be on their way to it
          signal: new AbortController().signal,
          isOver: () => true,
          ...(options.timestamps === true ? { timestamps: true } : {}),
        };
        try {
          for await (const text of containerLines(client, log)) observer.onLine({ run: ref, task, step, text });
        } catch (thrown) {
          observer.onNotice(
            `The log of ${task} : ${step} cannot be read: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
          );
        }
      }
    }
  }
  return { taskRuns };
}

export async function childrenOf(client: ApiClient, ref: RunRef): Promise<TaskRun[]> {
  const path = pathOf({ ...ref, kind: 'TaskRun' });
  const { items } = await client.call<{ items: TaskRun[] }>(path, {
    query: { labelSelector: `${LABELS.pipelineRun}=${ref.name}` },
  });
  return items.sort((one, other) => startOf(one).localeCompare(startOf(other)));
}

function startOf(taskRun: TaskRun): string {
  return taskRun.status?.startTime ?? taskRun.metadata.creationTimestamp ?? '';
}
