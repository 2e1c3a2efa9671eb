import { SlipwayError } from '@slipway/contracts';

/** A started service, in a process of its own or beside others in one. */
export interface RunningService {
  name: string;
  /** Takes nothing new, finishes what is in hand, closes. Never rejects; idempotent. */
  stop(): Promise<void>;
  /** True only when the service does its work. */
  isReady(): boolean;
}

/** How long a stopping service may take before the process ends anyway. */
const STOP_MS = 15_000;

/**
 * Runs a service as this process: starts it, stops it on SIGTERM or SIGINT and exits 0; a failed start is one clear
 * line on standard error and exit 1. A second signal ends at once.
 */
export async function runService(start: () => Promise<RunningService>): Promise<void> {
  let stopping: Promise<void> | undefined;
  let service: RunningService | undefined;
  const stop = (): void => {
    if (stopping !== undefined || service === undefined) process.exit(stopping === undefined ? 0 : 1);
    const late = setTimeout(() => {
      process.stderr.write(`${service?.name ?? 'service'} did not stop within ${STOP_MS} ms\n`);
      process.exit(1);
    }, STOP_MS);
    late.unref();
    stopping = service.stop();
    void stopping.then(() => process.exit(0));
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  process.on('unhandledRejection', (reason) => {
    process.stderr.write(`${describeFailure(reason)}\n`);
    process.exit(70); // a state nobody has thought of: start anew from what is stored
  });
  try {
    service = await start();
  } catch (error) {
    process.stderr.write(`${describeFailure(error)}\n`);
    process.exit(1);
  }
}

/** One line for what a user can mend; everything else with its stack. */
function describeFailure(error: unknown): string {
  if (error instanceof SlipwayError && error.kind !== 'internal') {
    return error.hint === undefined ? error.message : `${error.message} ${error.hint}`;
  }
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
