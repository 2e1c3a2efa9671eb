// Readiness probes of the containers that have one, answered in memory: after a restart they are simply asked again.

import type { Container, Probe } from '@slipway/contracts';
import { execFile } from 'node:child_process';

const DEFAULT_PERIOD_S = 10;
/** A container that is not ready yet is asked more often than Kubernetes would: somebody waits for it. */
const EAGER_PERIOD_MS = 100;

interface Watched {
  ready: boolean;
  stop: () => void;
}

export class ReadinessProbes {
  readonly #watched = new Map<string, Watched>();

  constructor(
    /** Path of the supervisor program, which can enter a container. */
    private readonly supervisor: string,
    private readonly onChange: (uid: string) => void,
  ) {}

  /** The last answer; true for a container without a probe. */
  isReady(uid: string, container: Container): boolean {
    if (container.readinessProbe === undefined) return true;
    return this.#watched.get(`${uid}/${container.name}`)?.ready ?? false;
  }

  /** Begins to ask a running container; asking again changes nothing. */
  watch(uid: string, container: Container, pid: number): void {
    const key = `${uid}/${container.name}`;
    const probe = container.readinessProbe;
    if (probe === undefined || this.#watched.has(key)) return;
    const watched: Watched = { ready: false, stop: () => clearTimeout(timer) };
    const command = commandOf(probe, container, pid);
    let successes = 0;
    let failures = 0;
    const ask = (): void => {
      execFile(
        this.supervisor,
        ['enter', ...command],
        { timeout: (probe.timeoutSeconds ?? 1) * 1000, env: {} },
        (error) => {
          if (this.#watched.get(key) !== watched) return;
          successes = error === null ? successes + 1 : 0;
          failures = error === null ? 0 : failures + 1;
          const was = watched.ready;
          if (successes >= (probe.successThreshold ?? 1)) watched.ready = true;
          if (failures >= (probe.failureThreshold ?? 3)) watched.ready = false;
          timer = setTimeout(ask, watched.ready ? (probe.periodSeconds ?? DEFAULT_PERIOD_S) * 1000 : EAGER_PERIOD_MS);
          if (was !== watched.ready) this.onChange(uid);
        },
      );
    };
    let timer = setTimeout(ask, (probe.initialDelaySeconds ?? 0) * 1000);
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
