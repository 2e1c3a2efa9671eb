// All stored logs: `<dir>/<namespace>/<pod uid>/<container>.log`.
//
//   T1. At most `maxOpen` logs are open when nobody uses them; one that is in use is never closed.
//   T2. Appends to one container happen one after another.
//   T3. What was removed does not come back with a late chunk: a mark stays for an hour.
//
// A chunk counts as stored when `write` has returned: it survives a kill of this service at any moment. Against a crash
// of the machine, files are synced every second; lines lost that way are asked for again by `position`.

import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type CopyLogReply,
  type ListLogsReply,
  type ListLogsRequest,
  type LogChunk,
  type LogPositionReply,
} from '@slipway/contracts';
import { merge, mergeCopied, type Merge } from '../core/merge.js';
import type { LogRecord } from '../core/record.js';
import { ContainerLog } from './container-log.js';
import { foldersIn, listLogs, sizesIn } from './log-folders.js';
import { logPath, nameOf, podPath, type ContainerKey } from './log-paths.js';

const SYNC_MS = 1000;
const REMOVED_KEPT_MS = 3_600_000;

interface Held {
  log: ContainerLog;
  users: number;
  /** Not wanted any more: its last user closes it. */
  isLetGo?: true;
}

export class LogStore {
  /** Least recently used first. */
  readonly #open = new Map<string, Promise<Held | undefined>>();
  readonly #tails = new Map<string, Promise<unknown>>();
  readonly #watchers = new Map<string, Set<() => void>>();
  readonly #removed = new Map<string, number>();
  readonly #dirty = new Set<string>();
  #isStopping = false;
  readonly #timer: NodeJS.Timeout;

  private constructor(
    private readonly dir: string,
    private readonly maxOpen: number,
    private readonly now: () => number,
  ) {
    this.#timer = setInterval(() => void this.#sync(), SYNC_MS);
    this.#timer.unref();
  }

  static async open(dir: string, options: { maxOpen?: number; now?: () => number } = {}): Promise<LogStore> {
    const store = new LogStore(dir, options.maxOpen ?? 256, options.now ?? Date.now);
    await mkdir(join(dir, REMOVED), { recursive: true, mode: 0o700 });
    await store.#readRemoved();
    return store;
  }

  /** Stores what is new of the chunk. */
  async append(chunk: LogChunk): Promise<Merge['kind']> {
    let kind: Merge['kind'] = 'duplicate';
    await this.#write(chunk, (next, isEnded) => {
      const merged = merge(chunk, next, isEnded);
      kind = merged.kind;
      return merged.kind === 'append' ? merged.records : [];
    });
    return kind;
  }

  /** Stores what is new of records that were copied from another replica; `first` is the line of the first of them. */
  async appendCopied(key: ContainerKey, first: number, records: readonly LogRecord[]): Promise<void> {
    await this.#write(key, (next, isEnded) => mergeCopied(records, first, next, isEnded));
  }

  /** Of what is stored here. What was removed has ended: nothing of it is wanted any more. */
  async position(key: ContainerKey): Promise<LogPositionReply> {
    if (this.isRemoved(key)) return { next: 0, ended: true };
    return this.read(key, (log) => Promise.resolve({ next: log?.next ?? 0, ended: log?.isEnded ?? false }));
  }

  /** Records from line `from` on, for another replica. */
  copy(key: ContainerKey, from: number, maxBytes: number): Promise<CopyLogReply> {
    return this.read(key, async (log) => (await log?.copy(from, maxBytes)) ?? { first: from, records: [] });
  }

  list(request: ListLogsRequest, maxBytes: number): Promise<ListLogsReply> {
    return listLogs(this.dir, request, maxBytes);
  }

  /** Size of each container's file of a pod; undefined for a pod that was removed. Bytes. */
  async sizes(key: { namespace: string; podUid: string }): Promise<Record<string, number> | undefined> {
    return this.isRemoved(key) ? undefined : sizesIn(join(this.dir, podPath(key)));
  }

  /** Runs on the container's log; with undefined when nothing is stored of it. */
  async read<T>(key: ContainerKey, use: (log: ContainerLog | undefined) => Promise<T>): Promise<T> {
    return this.#using(logPath(key), false, use);
  }

  isRemoved(key: { namespace: string; podUid: string }): boolean {
    return this.#removed.has(podPath(key));
  }

  /** Resolves at the next change of the container's log, or after `waitMs`. Listens from the moment of the call. */
  change(key: ContainerKey, waitMs: number): { happened: Promise<void>; forget: () => void } {
    const path = logPath(key);
    const watchers = this.#watchers.get(path) ?? new Set();
    this.#watchers.set(path, watchers);
    let settle!: () => void;
    const happened = new Promise<void>((resolve) => {
      settle = resolve;
    });
    const forget = (): void => {
      clearTimeout(timer);
      watchers.delete(forget);
      if (watchers.size === 0 && this.#watchers.get(path) === watchers) this.#watchers.delete(path);
      settle();
    };
    const timer = setTimeout(forget, this.#isStopping ? 0 : waitMs);
    watchers.add(forget);
    return { happened, forget };
  }

  /** Deletes all logs of a pod. Idempotent. */
  async remove(key: { namespace: string; podUid: string }): Promise<void> {
    const pod = podPath(key);
    await writeFile(join(this.dir, REMOVED, pod.replace('/', '~')), '');
    this.#removed.set(pod, this.now());
    for (const path of [...this.#open.keys()].filter((open) => open.startsWith(`${pod}/`))) {
      await this.#inTurn(path, () => this.#release(path));
    }
    await rm(join(this.dir, pod), { recursive: true, force: true });
    for (const path of [...this.#watchers.keys()]) if (path.startsWith(`${pod}/`)) this.#wake(path);
  }

  /** The pods of which lines are stored since before the time, as uids by namespace. Unix milliseconds. */
  async pods(untilMs: number): Promise<Map<string, string[]>> {
    const pods = new Map<string, string[]>();
    for (const namespace of await foldersIn(this.dir)) {
      const uids: string[] = [];
      for (const podUid of await foldersIn(join(this.dir, namespace))) {
        const folder = await stat(join(this.dir, namespace, podUid)).catch(() => undefined);
        if (folder !== undefined && folder.mtimeMs <= untilMs) uids.push(nameOf(podUid));
      }
      if (uids.length > 0) pods.set(nameOf(namespace), uids);
    }
    return pods;
  }

  /** Lets every reader that waits go, now and from now on; the service is stopping. */
  endWaits(): void {
    this.#isStopping = true;
    for (const path of [...this.#watchers.keys()]) this.#wake(path);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.endWaits();
    await Promise.all(this.#tails.values());
    for (const path of [...this.#open.keys()]) await this.#release(path);
  }

  /** T2, T3. `fresh` gets where the log stands, and says what comes behind it. */
  async #write(key: ContainerKey, fresh: (next: number, isEnded: boolean) => LogRecord[]): Promise<void> {
    const path = logPath(key);
    await this.#inTurn(path, async () => {
      if (this.isRemoved(key)) return;
      await this.#using(path, true, async (log) => {
        const records = fresh(log!.next, log!.isEnded);
        if (records.length === 0) return;
        await log!.append(records);
        this.#dirty.add(path);
        this.#wake(path);
      });
    });
  }

  async #using<T>(path: string, create: boolean, use: (log: ContainerLog | undefined) => Promise<T>): Promise<T> {
    const held = await this.#hold(path, create);
    try {
      return await use(held?.log);
    } finally {
      if (held !== undefined) {
        held.users--;
        if (held.users === 0 && held.isLetGo) await held.log.close();
      }
      await this.#closeUnused();
    }
  }

  async #hold(path: string, create: boolean): Promise<Held | undefined> {
    for (;;) {
      let opening = this.#open.get(path);
      if (opening === undefined) opening = this.#openLog(path, create);
      else this.#open.delete(path);
      this.#open.set(path, opening); // last: most recently used
      const held = await opening.catch((error: unknown) => {
        this.#forget(path, opening);
        throw error;
      });
      if (held !== undefined) {
        if (this.#open.get(path) !== opening) continue; // closed meanwhile
        held.users++;
        return held;
      }
      this.#forget(path, opening);
      if (!create) return undefined;
    }
  }

  async #openLog(path: string, create: boolean): Promise<Held | undefined> {
    if (create) await mkdir(join(this.dir, path, '..'), { recursive: true, mode: 0o700 });
    const log = await ContainerLog.open(join(this.dir, path), create);
    return log === undefined ? undefined : { log, users: 0 };
  }

  #forget(path: string, opening: Promise<Held | undefined>): void {
    if (this.#open.get(path) === opening) this.#open.delete(path);
  }

  /** T1. */
  async #closeUnused(): Promise<void> {
    if (this.#open.size <= this.maxOpen) return;
    for (const [path, opening] of [...this.#open]) {
      if (this.#open.size <= this.maxOpen) return;
      const held = await opening.catch(() => undefined);
      if (held === undefined || held.users > 0 || this.#open.get(path) !== opening) continue;
      this.#open.delete(path);
      this.#dirty.delete(path);
      await held.log.close();
    }
  }

  async #release(path: string): Promise<void> {
    const opening = this.#open.get(path);
    if (opening === undefined) return;
    this.#open.delete(path);
    this.#dirty.delete(path);
    const held = await opening.catch(() => undefined);
    if (held === undefined) return;
    if (held.users === 0) await held.log.close();
    else held.isLetGo = true; // T1
  }

  /** T2. */
  #inTurn<T>(path: string, act: () => Promise<T>): Promise<T> {
    const turn = (this.#tails.get(path) ?? Promise.resolve()).then(act, act);
    const settled = turn.then(
      () => {},
      () => {},
    );
    this.#tails.set(path, settled);
    void settled.then(() => {
      if (this.#tails.get(path) === settled) this.#tails.delete(path);
    });
    return turn;
  }

  #wake(path: string): void {
    for (const watcher of [...(this.#watchers.get(path) ?? [])]) watcher();
  }

  async #sync(): Promise<void> {
    for (const path of [...this.#dirty]) {
      this.#dirty.delete(path);
      const held = await this.#open.get(path)?.catch(() => undefined);
      await held?.log.sync().catch(() => this.#dirty.add(path));
    }
    const oldestMs = this.now() - REMOVED_KEPT_MS;
    for (const [pod, removedMs] of this.#removed) {
      if (removedMs > oldestMs) continue;
      this.#removed.delete(pod);
      await rm(join(this.dir, REMOVED, pod.replace('/', '~')), { force: true });
    }
  }

  async #readRemoved(): Promise<void> {
    for (const name of await readdir(join(this.dir, REMOVED))) {
      const { mtimeMs } = await stat(join(this.dir, REMOVED, name));
      this.#removed.set(name.replace('~', '/'), mtimeMs);
    }
  }
}

/** Cannot be a namespace: encoded names hold no dot. */
const REMOVED = '.removed';
