// What a supervisor says about a container: the text of its state file, as data.

export type ContainerReport =
  | { kind: 'waiting' }
  | { kind: 'running'; pid: number; startedMs: number }
  | {
      kind: 'terminated';
      exitCode: number;
      reason: string;
      message: string;
      /** undefined: it never ran. */
      startedMs: number | undefined;
      finishedMs: number;
    };

/** The reason of a container that an init container's failure has kept from starting; a kubelet leaves it waiting. */
export const NOT_STARTED = 'NotStarted';

/** Reads a state file's text; a text that is not one counts as waiting, which the next change puts right. */
export function parseReport(text: string): ContainerReport {
  const running = /^running (\d+) (\d+)\n$/.exec(text);
  if (running !== null) return { kind: 'running', pid: Number(running[1]), startedMs: msOf(running[2]!) };
  const ended = /^terminated (\d+) (\d+) (\d+) (\S+) (.*)\n$/s.exec(text);
  if (ended === null) return { kind: 'waiting' };
  const [, code, started, finished, reason, message] = ended;
  return {
    kind: 'terminated',
    exitCode: Number(code),
    reason: reason!,
    message: message!,
    startedMs: started === '0' ? undefined : msOf(started!),
    finishedMs: msOf(finished!),
  };
}

function msOf(nanoseconds: string): number {
  return Number(BigInt(nanoseconds) / 1_000_000n);
}
