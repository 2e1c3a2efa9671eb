// What an executor is started with whose pods only seem to run: tests of what the services do among themselves.

import type { ExecutorConfig } from '../apps/executor/src/config.js';

type Faked = Omit<ExecutorConfig, 'instance' | 'host' | 'port' | 'natsUrl' | 'natsReplicas' | 'logLevel' | 'logFormat'>;

/** `dir` is a folder of the test's own. Name, bus and port come from the test. */
export function fakedExecutor(dir: string): Faked {
  return {
    runtime: 'faked',
    fakedRunMs: 1,
    stateDir: dir,
    binDir: dir,
    graceMs: 1000,
    stepFailureReason: 'StepFailed',
    defaultTimeoutMs: 3_600_000,
    events: false,
  };
}
