// The log of a run as far as it is there, task by task in the order in which they started.

import { isDone, type TaskRun } from '@slipway/contracts';
import { taskNameOf } from '../core/run-rows.js';
import type { ApiClient } from './client.js';
import type { FollowOptions, Observer } from './observer.js';
import { childrenOf, nestedOf, startOf, within } from './nested-runs.js';
import { containerLines } from './pod-logs.js';
import type { RunObject, RunRef } from './run-kind.js';

export async function printNow(
  client: ApiClient,
  ref: RunRef,
  run: RunObject,
  observer: Observer,
  options: FollowOptions,
): Promise<{ taskRuns: TaskRun[] }> {
  if (ref.kind === 'TaskRun') {
    await printTaskRun(client, ref, run as TaskRun, observer, options);
    return { taskRuns: [run as TaskRun] };
  }
  const taskRuns: TaskRun[] = [];
  const children = [...(await childrenOf(client, ref)), ...(await nestedOf(client, ref))];
  for (const child of children.sort((one, other) => startOf(one).localeCompare(startOf(other)))) {
    if (child.kind === 'TaskRun') {
      await printTaskRun(client, ref, child as TaskRun, observer, options);
      taskRuns.push(child as TaskRun);
    } else if (child.kind === 'PipelineRun') {
      const task = taskNameOf(child);
      const { wanted } = options;
      const inner = wanted === undefined ? options : { ...options, wanted: (name: string, step: string) => wanted(`${task}/${name}`, step) }; // prettier-ignore
      const nested = { ...ref, name: child.metadata.name };
      const deeper = await printNow(client, nested, child, within(observer, ref, task), inner);
      taskRuns.push(...deeper.taskRuns);
    }
  }
  return { taskRuns };
}

async function printTaskRun(
  client: ApiClient,
  ref: RunRef,
  taskRun: TaskRun,
  observer: Observer,
  options: FollowOptions,
): Promise<void> {
  const task = taskNameOf(taskRun);
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
        const why = thrown instanceof Error ? thrown.message : String(thrown);
        observer.onNotice(`The log of ${task} : ${step} cannot be read: ${why}`);
      }
    }
  }
}
