import { SHARD_LABEL, shardOfObject, type PipelineRun } from '@slipway/contracts';

/** What puts an object into the shard of its run: whoever owns the run finds it there. */
export function shardLabels({ metadata }: PipelineRun): Record<string, string> {
  return { [SHARD_LABEL]: String(shardOfObject(metadata)) };
}
