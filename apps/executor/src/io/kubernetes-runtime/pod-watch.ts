// Pods as the cluster has them: one list, then one watch of those that a selector names, kept in memory.
//
//   W1. The watch goes on where it was after a lost connection; only a version that is gone makes it list again.
//   W2. A pod that was seen to go is remembered with its last state until it is forgotten: what it did is known then.
//   W3. A pod that was missing from a list may have done anything; it is not remembered.
//   W4. Nobody is answered from a list of another selector than the one that holds now.

import { setTimeout as sleep } from 'node:timers/promises';
import { asSlipwayError, type Pod } from '@slipway/contracts';
import type { Logger } from '@slipway/service';
import { CLUSTER_LABELS } from '../../core/cluster-pod.js';
import type { ApiClient } from './api-client.js';

export interface PodWatchOptions {
  api: ApiClient;
  /** Of the labels; undefined while there is nothing to follow. */
  selector: () => string | undefined;
  /** Makes what is kept of a pod; all of it when absent. Must leave names, labels and versions. */
  keep?: (pod: Pod) => Pod;
  logger: Logger;
}

type WatchEvent =
  | { type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'; object: Pod }
  | { type: 'ERROR'; object: { code?: number; message?: string } };

const PODS_PATH = '/api/v1/pods';
const PAGE = '500';
/** A server sends a bookmark a minute; one that is silent for longer is gone. */
const SILENCE_MS = 150_000;
const WATCH_SECONDS = '600';
const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 10_000;

export class PodWatch {
  #pods = new Map<string, Pod>();
  readonly #gone = new Map<string, Pod>();
  readonly #listeners = new Set<(uid: string) => void>();
  readonly #stopping = new AbortController();
  #round = new AbortController();
  #synced = deferred();
  #loop: Promise<void> = Promise.resolve();

  constructor(private readonly options: PodWatchOptions) {}

  start(): void {
    this.#loop = this.#run();
  }

  /** The selector is another now (W4). */
  refresh(): void {
    if (this.#synced.isDone) this.#synced = deferred();
    this.#round.abort();
  }

  /** Resolves once what is known here is what the cluster had after the last `refresh`. */
  synced(): Promise<void> {
    return this.#synced.promise;
  }

  get(uid: string): Pod | undefined {
    return this.#pods.get(uid);
  }

  /** The last state of a pod that was seen to go (W2). */
  gone(uid: string): Pod | undefined {
    return this.#gone.get(uid);
  }

  uids(): string[] {
    return [...new Set([...this.#pods.keys(), ...this.#gone.keys()])];
  }

  get size(): number {
    return this.#pods.size;
  }

  /** A pod that we have just made; the watch tells of it later. */
  put(pod: Pod): void {
    const uid = uidOf(pod);
    if (uid !== undefined && !this.#pods.has(uid) && !this.#gone.has(uid)) this.#pods.set(uid, pod);
  }

  forget(uid: string): void {
    this.#pods.delete(uid);
    this.#gone.delete(uid);
  }

  onChange(listener: (uid: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#round.abort();
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    let failures = 0;
    while (!signal.aborted) {
      this.#round = new AbortController();
      const round = this.#round.signal;
      try {
        const selector = this.options.selector();
        if (selector === undefined) {
          this.#replace([]);
          this.#synced.resolve();
          await aborted(round);
          continue;
        }
        const version = await this.#list(selector, round);
        failures = 0;
        await this.#follow(selector, version, round);
      } catch (thrown) {
        if (signal.aborted) return;
        if (round.aborted) continue;
        failures++;
        if (failures > 2) this.options.logger.warn({ err: thrown, failures }, 'the pods of the cluster are not seen');
        await sleep(backoffMs(failures, thrown), undefined, { signal: AbortSignal.any([signal, round]) }).catch(
          () => undefined,
        );
      }
    }
  }

  async #list(selector: string, signal: AbortSignal): Promise<string> {
    const pods: Pod[] = [];
    let query: Record<string, string> = { labelSelector: selector, limit: PAGE };
    for (;;) {
      const page = await this.options.api.call<{
        items: Pod[];
        metadata: { resourceVersion?: string; continue?: string };
      }>({
        path: PODS_PATH,
        query,
        signal,
      });
      pods.push(...page.items.map((pod) => this.#kept(pod)));
      const next = page.metadata.continue;
      if (next === undefined || next === '') {
        signal.throwIfAborted();
        this.#replace(pods);
        this.#synced.resolve();
        return page.metadata.resourceVersion ?? '';
      }
      query = { ...query, continue: next };
    }
  }

  #replace(pods: readonly Pod[]): void {
    const before = this.#pods;
    this.#pods = new Map(pods.flatMap((pod) => [[uidOf(pod) ?? '', pod] as const]));
    for (const [uid, pod] of this.#pods) {
      if (before.get(uid)?.metadata.resourceVersion !== pod.metadata.resourceVersion) this.#tell(uid);
    }
    for (const uid of before.keys()) if (!this.#pods.has(uid)) this.#tell(uid); // W3
  }

  /** Until the version is gone or the round is over. */
  async #follow(selector: string, from: string, signal: AbortSignal): Promise<void> {
    let version = from;
    let failures = 0;
    for (;;) {
      try {
        for await (const event of this.#events(selector, version, signal)) {
          failures = 0;
          if (event.type === 'ERROR') {
            if (event.object.code === 410) return; // W1
            break;
          }
          version = event.object.metadata.resourceVersion ?? version;
          if (event.type !== 'BOOKMARK') this.#apply(event.type, this.#kept(event.object));
        }
      } catch (thrown) {
        signal.throwIfAborted();
        if (asSlipwayError(thrown).kind === 'expired') return; // W1
        failures++;
        if (failures > 2)
          this.options.logger.warn({ err: thrown, failures }, 'the pods of the cluster are not followed');
        await sleep(backoffMs(failures, thrown), undefined, { signal });
      }
      signal.throwIfAborted();
    }
  }

  async *#events(selector: string, resourceVersion: string, signal: AbortSignal): AsyncGenerator<WatchEvent> {
    const query = {
      labelSelector: selector,
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion,
      timeoutSeconds: WATCH_SECONDS,
    };
    const response = await this.options.api.stream({ path: PODS_PATH, query, signal });
    response.setTimeout(SILENCE_MS, () => response.destroy(new Error(`nothing came for ${SILENCE_MS} ms`)));
    try {
      // Not by node:readline, whose iterator never ends when its input is destroyed.
      let rest = '';
      for await (const chunk of response.setEncoding('utf8')) {
        const lines = (rest + (chunk as string)).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) if (line.trim() !== '') yield JSON.parse(line) as WatchEvent;
      }
    } finally {
      response.destroy();
    }
  }

  #apply(type: 'ADDED' | 'MODIFIED' | 'DELETED', pod: Pod): void {
    const uid = uidOf(pod);
    if (uid === undefined) return;
    if (type !== 'DELETED') {
      this.#pods.set(uid, pod);
      this.#gone.delete(uid);
    } else if (this.#pods.get(uid)?.metadata.uid === pod.metadata.uid) {
      // Another of that name may have been made meanwhile.
      this.#pods.delete(uid);
      if (pod.metadata.labels?.[CLUSTER_LABELS.released] === undefined) this.#gone.set(uid, pod); // W2
    }
    this.#tell(uid);
  }

  /** Items of a list do not say what they are. */
  #kept(pod: Pod): Pod {
    const named: Pod = { ...pod, apiVersion: 'v1', kind: 'Pod' };
    return this.options.keep?.(named) ?? named;
  }

  #tell(uid: string): void {
    for (const listener of [...this.#listeners]) listener(uid);
  }
}

function uidOf({ metadata }: Pod): string | undefined {
  return metadata.labels?.[CLUSTER_LABELS.podUid];
}

function backoffMs(failures: number, thrown: unknown): number {
  const asked = asSlipwayError(thrown).retryAfterMs ?? 0;
  return Math.max(asked, Math.min(FIRST_RETRY_MS * 2 ** (failures - 1), LAST_RETRY_MS)) * (0.75 + Math.random() / 2);
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function deferred(): { promise: Promise<void>; resolve: () => void; readonly isDone: boolean } {
  let done: () => void = () => {};
  let isDone = false;
  const promise = new Promise<void>((resolve) => (done = resolve));
  return {
    promise,
    resolve() {
      isDone = true;
      done();
    },
    get isDone() {
      return isDone;
    },
  };
}
