import type { Bus } from '@slipway/bus';
import { LOGS_RPC, SlipwayError, type ReadLogReply, type ReadLogRequest } from '@slipway/contracts';

/** Stored log lines, wherever they are. */
export interface LogReader {
  /** Errors: `transient` while nobody can tell. */
  read(request: ReadLogRequest): Promise<ReadLogReply>;
}

/** Beyond the time that the logs service may wait for lines. */
const MARGIN_MS = 5_000;
/** A question that is open for this long is asked again, then after twice the time, and so on. */
const AGAIN_MS = 1_000;

/**
 * Asks the logs service, any replica of it. One that was stopped, or is killed while it waits for lines, answers nothing:
 * so the same question is asked again while the first is open, and the first answer counts.
 */
export function busLogs(bus: Bus): LogReader {
  return {
    async read(request) {
      try {
        return await firstAnswer(bus, request);
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

function firstAnswer(bus: Bus, request: ReadLogRequest): Promise<ReadLogReply> {
  const endMs = performance.now() + request.waitMs + MARGIN_MS;
  let next: NodeJS.Timeout | undefined;
  const answer = new Promise<ReadLogReply>((resolve, reject) => {
    const ask = (againMs: number): void => {
      const timeoutMs = Math.ceil(endMs - performance.now());
      if (timeoutMs <= 0) return;
      const waitMs = Math.min(request.waitMs, Math.max(timeoutMs - MARGIN_MS, 0));
      bus.request<ReadLogReply>(LOGS_RPC.read, { ...request, waitMs }, { timeoutMs }).then(resolve, reject);
      next = setTimeout(ask, againMs, againMs * 2);
      next.unref();
    };
    ask(AGAIN_MS);
  });
  return answer.finally(() => clearTimeout(next));
}
