import type { Bus } from '@slipway/bus';
import { LOGS_RPC, SlipwayError, type ReadLogReply, type ReadLogRequest } from '@slipway/contracts';

/** Stored log lines, wherever they are. */
export interface LogReader {
  /** Errors: `transient` while nobody can tell. */
  read(request: ReadLogRequest): Promise<ReadLogReply>;
}

/** Beyond the time that the logs service may wait for lines. */
const MARGIN_MS = 5_000;

/** Asks the logs service. */
export function busLogs(bus: Bus): LogReader {
  return {
    async read(request) {
      try {
        return await bus.request<ReadLogReply>(LOGS_RPC.read, request, { timeoutMs: request.waitMs + MARGIN_MS });
      } catch (error) {
        if (!(error instanceof SlipwayError) || error.kind !== 'transient') throw error;
        throw new SlipwayError('transient', 'LogsUnavailable', 'The logs service does not answer.', {
          hint: 'Try again in a moment.',
          cause: error,
        });
      }
    },
  };
}
