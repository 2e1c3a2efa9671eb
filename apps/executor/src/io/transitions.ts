// What operators see of TaskRuns: one log line for each transition, and the numbers.

import { LABELS, isDone, msOf, succeeded, type TaskRun } from '@slipway/contracts';
import type { Logger, Metrics } from '@slipway/service';

export class Transitions {
  readonly #done;
  readonly #started;
  readonly #waited;
  readonly #came;
  readonly #took;

  constructor(
    private readonly logger: Logger,
    metrics: Metrics,
  ) {
    this.#started = metrics.counter('taskrun_pods_started_total', 'Pods started.');
    this.#done = metrics.counter('taskruns_total', 'TaskRuns done, by reason.', ['status', 'reason']);
    this.#waited = metrics.longDuration('taskrun_start_delay', 'From the creation of a TaskRun to its pod started.');
    this.#came = metrics.longDuration('taskrun_pod_start', 'From the start of a TaskRun to its steps running.');
    this.#took = metrics.longDuration('taskrun_duration', 'From the start of a TaskRun to its end.', ['status']);
  }

  podStarted({ metadata, status }: TaskRun): void {
    this.#started.inc();
    const createdMs = msOf(metadata.creationTimestamp);
    if (createdMs !== undefined && status?.retriesStatus === undefined) {
      this.#waited.observe(Math.max(0, (Date.now() - createdMs) / 1000));
    }
  }

  /** Told after every commit of a TaskRun's status. */
  changed(before: TaskRun, after: TaskRun): void {
    const is = succeeded(after);
    const was = succeeded(before);
    if (is === undefined || (was?.status === is.status && was.reason === is.reason)) return;
    const { name, namespace, labels } = after.metadata;
    const fields = {
      namespace,
      run: labels?.[LABELS.pipelineRun] ?? name,
      task: labels?.[LABELS.pipelineTask] ?? name,
      taskRun: name,
      pod: after.status?.podName,
      status: is.status,
      reason: is.reason,
    };
    this.logger.info(is.status === 'False' ? { ...fields, why: is.message } : fields, 'task run changed');
    const startMs = msOf(after.status?.startTime);
    if (is.reason === 'Running' && startMs !== undefined)
      this.#came.observe(Math.max(0, (Date.now() - startMs) / 1000));
    if (!isDone(after)) return;
    this.#done.inc({ status: is.status, reason: is.reason ?? '' });
    if (startMs !== undefined) this.#took.observe({ status: is.status }, Math.max(0, (Date.now() - startMs) / 1000));
  }
}
