// Probes of the containers that have some, answered in memory: after a restart they are simply asked again. A container is
// ready once its startup probe has succeeded, and then while its readiness probe does. Liveness is not asked: notices.ts.

import type { Container, Probe } from '@slipway/contracts';
import { execFile } from 'node:child_process';

const DEFAULT_PERIOD_S = 10;
/** A container that is not ready yet is asked more often than Kubernetes would: somebody waits for it. */
const EAGER_PERIOD_MS = 100;

interface Watched {
  ready: boolean;
  stop: () => void;
}

export class ReadyProbes {
  readonly #watched = new Map<string, Watched>();

  constructor(
    /** Path of the supervisor program, which can enter a container. */
    private readonly supervisor: string,
    private readonly onChange: (uid: string) => void,
  ) {}

  /** The last answer; true for a container without a probe. */
  isReady(uid: string, container: Container): boolean {
    if (probesOf(container).length === 0) return true;
    return this.#watched.get(`${uid}/${container.name}`)?.ready ?? false;
  }

  /**
   * Begins to ask a running container; asking again changes nothing. `pidNow`: its first process, undefined once it has
   * ended, which ends the asking: the id may be that of another tenant's process then.
   */
  watch(uid: string, container: Container, pidNow: () => number | undefined): void {
    const key = `${uid}/${container.name}`;
    const probes = probesOf(container);
    if (probes.length === 0 || this.#watched.has(key)) return;
    const watched: Watched = { ready: false, stop: () => clearTimeout(timer) };
    const watchedMs = Date.now();
    let timer: NodeJS.Timeout | undefined;
    let successes = 0;
    let failures = 0;
    const ask = (): void => {
      const [probe] = probes;
      const pid = pidNow();
      if (pid === undefined) return;
      const command = commandOf(probe!, container, pid);
      const timeout = (probe!.timeoutSeconds ?? 1) * 1000;
      execFile(this.supervisor, ['enter', ...command], { timeout, env: {} }, (error) => {
        if (this.#watched.get(key) === watched) answered(probe!, error === null);
      });
    };
    const begin = (): void => {
      successes = failures = 0;
      const dueMs = watchedMs + (probes[0]!.initialDelaySeconds ?? 0) * 1000;
      timer = setTimeout(ask, Math.max(dueMs - Date.now(), 0));
    };
    const answered = (probe: Probe, isSuccess: boolean): void => {
      successes = isSuccess ? successes + 1 : 0;
      failures = isSuccess ? 0 : failures + 1;
      const holds = successes >= (probe.successThreshold ?? 1);
      if (holds && probes.length > 1) {
        probes.shift(); // it has started, which is asked once
        return begin();
      }
      const was = watched.ready;
      if (holds) watched.ready = true;
      if (failures >= (probe.failureThreshold ?? 3)) watched.ready = false;
      if (was !== watched.ready) this.onChange(uid);
      if (watched.ready && container.readinessProbe === undefined) return;
      timer = setTimeout(ask, watched.ready ? (probe.periodSeconds ?? DEFAULT_PERIOD_S) * 1000 : EAGER_PERIOD_MS);
    };
    begin();
    this.#watched.set(key, watched);
  }

  forget(uid: string): void {
    for (const [key, { stop }] of this.#watched) {
      if (!key.startsWith(`${uid}/`)) continue;
      stop();
      this.#watched.delete(key);
    }
  }

  close(): void {
    for (const { stop } of this.#watched.values()) stop();
    this.#watched.clear();
  }
}

/** Those that decide whether a container is ready, in the order in which they are asked. */
function probesOf({ startupProbe, readinessProbe }: Container): Probe[] {
  return [startupProbe, readinessProbe].filter((probe) => probe !== undefined);
}

function commandOf(probe: Probe, container: Container, pid: number): string[] {
  const port = (named: number | string): string =>
    String(container.ports?.find(({ name }) => name === named)?.containerPort ?? named);
  if (probe.exec !== undefined) return [String(pid), 'exec', ...(probe.exec.command ?? ['true'])];
  if (probe.httpGet !== undefined) {
    const { host, path, port: named } = probe.httpGet;
    return [String(pid), 'http', host ?? '127.0.0.1', port(named), path ?? '/'];
  }
  return [String(pid), 'tcp', probe.tcpSocket?.host ?? '127.0.0.1', port(probe.tcpSocket?.port ?? 0)];
}
