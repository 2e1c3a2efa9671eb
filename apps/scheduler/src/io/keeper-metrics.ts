import type { Metrics } from '@slipway/service';
import type { KeeperOptions } from './run-keeper.js';

/** What the scheduler counts and times. `running` is asked whenever metrics are read. */
export function keeperMetrics(metrics: Metrics, running: () => number): Pick<KeeperOptions, 'metrics' | 'failed'> {
  metrics.gauge('pipelineruns_running', 'Runs of this replica that have not finished.', [], running);
  const decided = metrics.duration('scheduler_decision', 'Deciding about one run.');
  const committed = metrics.duration('scheduler_commit', 'Storing one decision.');
  const finished = metrics.counter('pipelineruns_finished_total', 'Runs that ended, by reason.', ['reason']);
  const took = metrics.longDuration('pipelinerun_duration', 'From the start of a PipelineRun to its end.', ['status']);
  const failed = metrics.counter('scheduler_failed_turns_total', 'Turns that failed and were tried again.', ['reason']);
  return {
    metrics: {
      decided: (durationMs) => decided.observe(durationMs / 1000),
      committed: (durationMs) => committed.observe(durationMs / 1000),
      finished: ({ status, reason }, durationMs) => {
        finished.inc({ reason });
        if (durationMs !== undefined) took.observe({ status }, durationMs / 1000);
      },
    },
    failed: (reason) => failed.inc({ reason }),
  };
}
