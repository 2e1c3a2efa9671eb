// The pods of this node: their logs are shipped while they run, and their files go when nobody needs them any more.
//
//   K1. A pod's files are deleted only after its whole log is stored.
//   K2. A pod that is gone from the store is ended, whatever it still does: nobody wants its log either.
//   K3. Values of secrets are known before the first line is read; where they cannot be had, no line is shown.
//   K4. A pod whose shard is another's is that one's to ship: what it prints here is not its end.

import { setTimeout as sleep } from 'node:timers/promises';
import {
  LOGS_RPC,
  shardOfObject,
  timeOf,
  type LogLine,
  type Pod,
  type PodStatus,
  type ReadLogReply,
  type ReadLogRequest,
} from '@slipway/contracts';
import type { Bus } from '@slipway/bus';
import type { Logger } from '@slipway/service';
import { LineMasker } from '../core/mask.js';
import { secretsOf } from '../core/pod-secrets.js';
import type { KubeletObjects, PodRuntime } from '../core/runtime.js';
import { isFinished } from '../core/slim.js';
import { isStep } from '../core/step-states.js';
import { shipContainerLog } from './container-log.js';

export interface PodKeeperOptions {
  runtime: PodRuntime;
  bus: Pick<Bus, 'publish' | 'request' | 'onReconnect'>;
  /** Where the values of secrets are that logs must not show. */
  objects: Pick<KubeletObjects, 'secret'>;
  logger: Logger;
  /** Stores the last status of a pod whose run is done. */
  onEnded: (pod: Pod, status: PodStatus) => Promise<void>;
  releaseAfterMs: number;
  /** False where there is nothing to ship. */
  shipsLogs: boolean;
}

interface Kept {
  pod: Pod;
  end: AbortController;
  /** Resolves when every container's log is stored. */
  shipped: Promise<void>;
  retiring: Promise<void> | undefined;
  wake: () => void;
}

const HIDDEN = '[not shown: a secret of this pod is gone, and what it hides is not known any more]';
/**
 * How long after its end a pod is let go of: that takes disk and processor from the task that follows it, which is starting just
 * now. On a node it is files, which may be large; on a cluster a label, for which the kubelet looks at the whole pod again.
 */
export const RELEASE_AFTER_MS = { node: 200, cluster: 30_000 } as const;
/** Runs whose notices were shown; the oldest are forgotten. */
const REMEMBERED_RUNS = 1000;

export class PodKeeper {
  readonly #kept = new Map<string, Kept>();
  readonly #removing = new Map<string, Promise<void>>();
  /** Notices that a run's output has shown already, by run. */
  readonly #shown = new Map<string, Set<string>>();

  constructor(private readonly options: PodKeeperOptions) {
    options.runtime.onChange((uid) => this.#kept.get(uid)?.wake());
  }

  has(uid: string): boolean {
    return this.#kept.has(uid);
  }

  get size(): number {
    return this.#kept.size;
  }

  /** Ships the pod's logs from now on. `isFresh`: the pod has just been started by us. Idempotent. */
  keep(pod: Pod, isFresh: boolean): void {
    const uid = pod.metadata.uid ?? '';
    if (this.#kept.has(uid)) return;
    const end = new AbortController();
    const kept: Kept = { pod, end, shipped: Promise.resolve(), retiring: undefined, wake: () => {} };
    this.#kept.set(uid, kept);
    if (!this.options.shipsLogs) return;
    kept.shipped = this.#shipAll(pod, isFresh, end.signal);
    kept.shipped.catch(() => undefined); // only when let go; whoever waits sees it
  }

  /** The run is done with this pod: ends what still runs, waits for its log, removes its files. Idempotent. */
  retire(uid: string): void {
    const kept = this.#kept.get(uid);
    if (kept === undefined || kept.retiring !== undefined) return;
    kept.retiring = this.#retire(uid, kept).catch((error: unknown) => {
      kept.retiring = undefined;
      if (kept.end.signal.aborted) return;
      this.options.logger.warn({ err: error, pod: kept.pod.metadata.name }, 'a pod is not cleaned up yet');
      setTimeout(() => this.retire(uid), 5000).unref();
    });
  }

  /** The pod is gone from the store (K2). */
  async drop({ metadata }: Pod): Promise<void> {
    const { uid = '', namespace = '', name } = metadata;
    this.#kept.get(uid)?.end.abort();
    this.#kept.delete(uid);
    await this.#once(uid, () => this.options.runtime.delete(uid, undefined, { namespace, name }));
  }

  /** The pods of these shards are another's now: leaves them as they are (K4). */
  letGo(shards: readonly number[]): void {
    for (const [uid, { pod, end }] of this.#kept) {
      if (!shards.includes(shardOfObject(pod.metadata))) continue;
      end.abort();
      this.#kept.delete(uid);
    }
  }

  /** Lets go of the pods and leaves them running. */
  stop(): void {
    for (const { end } of this.#kept.values()) end.abort();
    this.#kept.clear();
  }

  async #retire(uid: string, kept: Kept): Promise<void> {
    const { runtime, onEnded } = this.options;
    let status = await runtime.status(uid);
    if (status !== undefined && !isFinished({ status })) {
      await runtime.stop(uid);
      status = await this.#ended(uid, kept);
    }
    await kept.shipped; // K1
    if (kept.end.signal.aborted) return;
    if (status !== undefined) await onEnded(kept.pod, status);
    await sleep(this.options.releaseAfterMs, undefined, { signal: kept.end.signal, ref: false });
    await this.#once(uid, () => runtime.release(uid));
    this.#kept.delete(uid);
  }

  /** One at a time for each pod: a run may be done and its pod deleted at once. */
  async #once(uid: string, remove: () => Promise<void>): Promise<void> {
    await this.#removing.get(uid)?.catch(() => undefined); // whoever began it hears of it
    const removing = remove();
    this.#removing.set(uid, removing);
    return removing.finally(() => this.#removing.delete(uid));
  }

  async #ended(uid: string, kept: Kept): Promise<PodStatus | undefined> {
    for (;;) {
      kept.end.signal.throwIfAborted();
      const changed = new Promise<void>((resolve) => (kept.wake = resolve));
      const status = await this.options.runtime.status(uid);
      if (status === undefined || isFinished({ status })) return status;
      await Promise.race([changed, sleep(1000, undefined, { ref: false })]);
    }
  }

  // Logs --------------------------------------------------------------------------------------------------------------

  /** A log that cannot be shipped now is tried again until it is (K1). */
  async #shipAll(pod: Pod, isFresh: boolean, signal: AbortSignal): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#ship(pod, isFresh && attempt === 0, signal);
      } catch (thrown) {
        signal.throwIfAborted();
        this.options.logger.warn({ err: thrown, pod: pod.metadata.name, attempt }, 'a pod log is not shipped yet');
        await sleep(Math.min(500 * 2 ** attempt, 30_000), undefined, { signal, ref: false });
      }
    }
  }

  async #ship(pod: Pod, isFresh: boolean, signal: AbortSignal): Promise<void> {
    const masker = await this.#maskerFor(pod);
    const { name, namespace = '', uid = '' } = pod.metadata;
    const containers = [...(pod.spec.initContainers ?? []), ...pod.spec.containers];
    const first = containers.find(isStep)?.name;
    await Promise.all(
      containers.map(({ name: container }) =>
        shipContainerLog({
          bus: this.options.bus,
          target: { namespace, pod: name, podUid: uid, container, shard: shardOfObject(pod.metadata) },
          read: (abort) => this.options.runtime.readLog(uid, container, 0, abort),
          masker,
          preface: () => (container === first ? this.#preface(pod, container, isFresh) : Promise.resolve([])),
          isFresh,
          signal,
        }),
      ),
    );
  }

  async #maskerFor(pod: Pod): Promise<() => LineMasker> {
    const namespace = pod.metadata.namespace ?? '';
    const values: string[] = [];
    let isGone = false;
    for (const use of secretsOf(pod)) {
      const secret = await this.options.objects.secret(namespace, use.name);
      if (secret === undefined) {
        isGone ||= !use.optional; // K3
        continue;
      }
      for (const [key, encoded] of Object.entries(secret.data ?? {})) {
        if (use.key === undefined || use.key === key) values.push(Buffer.from(encoded, 'base64').toString('utf8'));
      }
    }
    return () => (isGone ? new HidingMasker() : new LineMasker(values));
  }

  /** Notices about the pod that its run has not shown yet: the first lines of its first step. */
  async #preface(pod: Pod, container: string, isFresh: boolean): Promise<LogLine[]> {
    const { namespace = '', uid = '' } = pod.metadata;
    const notices = await this.options.runtime.notices(uid);
    if (notices.length === 0) return [];
    const lines = notices.map((text) => ({
      time: timeOf(Date.now()),
      stream: 'stderr' as const,
      text: `slipway: ${text}`,
    }));
    const stored = isFresh ? undefined : await this.#storedLines(namespace, uid, container, notices.length);
    if (stored !== undefined && stored.length > 0) {
      const shown = new Set(stored.map(({ text }) => text));
      return lines.filter(({ text }) => shown.has(text)); // what was sent before has its numbers
    }
    const shown = this.#shownOf(pod);
    const fresh = lines.filter(({ text }) => !shown.has(text));
    for (const { text } of fresh) shown.add(text);
    return fresh;
  }

  async #storedLines(namespace: string, podUid: string, container: string, maxLines: number): Promise<LogLine[]> {
    const request: ReadLogRequest = { namespace, podUid, container, from: 0, maxLines, waitMs: 0 };
    const reply = await this.options.bus.request<ReadLogReply>(LOGS_RPC.read, request, { timeoutMs: 2000 });
    return reply.lines;
  }

  #shownOf({ metadata }: Pod): Set<string> {
    const run = metadata.labels?.['tekton.dev/pipelineRunUID'] ?? metadata.ownerReferences?.[0]?.uid ?? '';
    let shown = this.#shown.get(run);
    if (shown === undefined) this.#shown.set(run, (shown = new Set()));
    if (this.#shown.size > REMEMBERED_RUNS) this.#shown.delete(this.#shown.keys().next().value!);
    return shown;
  }
}

/** Hides whole lines, where what to hide in them is not known (K3). */
class HidingMasker extends LineMasker {
  constructor() {
    super([]);
  }

  override push(lines: readonly LogLine[]): LogLine[] {
    return lines.map((line) => ({ ...line, text: HIDDEN }));
  }
}
