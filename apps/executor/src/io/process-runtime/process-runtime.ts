// The process runtime: pods without a cluster, a container engine or a daemon.
//
//   X1. A pod is its folder. What is in memory can be thrown away at any line and is built again from the folders.
//   X2. Order of a start: folder with pod.json, then everything else, then `plan`, then the supervisor. Whatever is
//       missing when we look is done then; the supervisor's `launched` makes sure that no container runs twice.
//   X3. Whether a supervisor lives is asked of the kernel (its fifo), never remembered.
//   X4. A status is read from the files whenever it is asked for.

import { SlipwayError, type LogLine, type Pod, type PodStatus } from '@slipway/contracts';
import { closeSync, constants, existsSync, mkdirSync, openSync, readdirSync, watch } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { KubeletObjects, PodRuntime } from '../../core/runtime.js';
import { pullRetryMs } from '../../core/pull-policy.js';
import { ConfigError, RefusedError } from './config-error.js';
import { followLog } from './follow-log.js';
import { readMachine, type MachineOptions } from './machine.js';
import {
  allEnded,
  containersOf,
  readStoredPod,
  refusePod,
  replacePod,
  reportOf,
  statusOf,
  storeImages,
  storeNewPod,
  type LivePod,
} from './live-pod.js';
import { PodChanges } from './pod-changes.js';
import { noticesOf } from './notices.js';
import { ImageError, NO_IMAGES, provideImages, type NodePulls, type PodImages } from './pod-images.js';
import { copyRoots, preparePod, type Machine } from './prepare.js';
import { removeAside, removeFolder } from './files.js';
import { ReadyProbes } from './probes.js';
import { readSources } from './sources.js';
import { podGroups } from './cgroups.js';
import { Supervisors, askToStop, isSupervised, killSupervisor, removeGroupOf } from './supervisor.js';
import { rewriteDownward } from './volumes.js';

export interface ProcessRuntimeOptions extends MachineOptions {
  objects: KubeletObjects;
  logger: Logger;
  /** What pulls images; absent: those that the images file does not name are stood in for. */
  pulls?: NodePulls;
}

/** The part of pino's logger that is used here. */
export interface Logger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** A missing secret is looked for again this often. */
const RETRY_MS = 1000;
/** Notifications are a hint; this is what puts right whatever they have missed. */
const RESYNC_MS = 2000;
/** A kubelet's word for what a container does until it runs. */
const PULLING = 'ContainerCreating';
const INTERNAL = { reason: 'ImagePullBackOff', message: 'the node could not pull its images' };
const DEFAULT_GRACE_SECONDS = 30;
/** How long a supervisor may take to end after SIGKILL went to its containers, before it is killed itself. */
const END_MS = 10_000;

/** Opens the runtime over its state folder and takes up the pods that are there. */
export async function processRuntime(options: ProcessRuntimeOptions): Promise<PodRuntime> {
  const machine = await readMachine(options);
  const runtime = new ProcessRuntime(machine, options.objects, options.logger, options.pulls);
  await runtime.open();
  return runtime;
}

class ProcessRuntime implements PodRuntime {
  readonly #pods = new Map<string, LivePod>();
  readonly #changes = new PodChanges();
  readonly #starting = new Map<string, Promise<void>>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #probes: ReadyProbes;
  readonly #supervisors: Supervisors;
  #watcher: { close(): void } | undefined;
  #holder: number | undefined;
  #closed = false;

  constructor(
    private readonly machine: Machine,
    private readonly objects: KubeletObjects,
    private readonly logger: Logger,
    private readonly pulls: NodePulls | undefined,
  ) {
    this.#supervisors = new Supervisors(machine.binDir, podGroups(machine.cgroups));
    this.#probes = new ReadyProbes(join(machine.binDir, 'supervisor'), (uid) => this.#changed(uid));
  }

  async open(): Promise<void> {
    const { state } = this.machine;
    // Both ends, so that opening never waits; supervisors see that somebody holds it until this process is gone.
    this.#holder = openSync(state.holder(), constants.O_RDWR);
    this.#watcher = watch(state.changed(), (_event, uid) => uid !== null && this.#changed(uid));
    void this.#emptyTrash();
    for (const uid of readdirSync(state.pods())) await this.#takeUp(uid);
    this.#every(RESYNC_MS, () => this.#resync());
    await this.#supervisors.refill();
  }

  /** What a process left there that was killed. What cannot be removed must not keep pods from running. */
  async #emptyTrash(): Promise<void> {
    const trash = this.machine.state.trash();
    for (const name of readdirSync(trash)) {
      await removeAside(join(trash, name)).catch((error: unknown) => {
        this.logger.warn({ err: error, name }, 'what is left of a pod cannot be removed');
      });
    }
  }

  async start(pod: Pod): Promise<void> {
    const uid = uidOf(pod);
    const running = this.#starting.get(uid);
    if (running !== undefined) return running;
    if (this.#pods.has(uid)) return; // taken up, or waiting with a timer
    const starting = this.#begin(pod, uid).finally(() => this.#starting.delete(uid));
    this.#starting.set(uid, starting);
    return starting;
  }

  async #begin(pod: Pod, uid: string): Promise<void> {
    const folder = this.machine.state.pod(uid);
    mkdirSync(folder.path, { recursive: true, mode: 0o700 });
    const live = storeNewPod(pod, folder, Date.now()); // X2
    this.#pods.set(uid, live);
    await this.#advance(uid, live);
  }

  /** Does whatever of X2 is not done yet. */
  async #advance(uid: string, live: LivePod): Promise<void> {
    if (live.deleting || live.refused !== undefined) return;
    if (!existsSync(live.folder.file('plan')) && !(await this.#prepare(uid, live))) return;
    if (live.deleting) return;
    const hasEnded = existsSync(live.folder.file('launched')) && allEnded(live);
    if (hasEnded || isSupervised(live.folder)) return; // X3
    live.launchedMs = performance.now();
    await this.#supervisors.launch(live.folder, () => this.#supervisorEnded(uid));
  }

  #prepare(uid: string, live: LivePod): Promise<boolean> {
    live.preparing ??= this.#prepareNow(uid, live).finally(() => (live.preparing = undefined));
    return live.preparing;
  }

  async #prepareNow(uid: string, live: LivePod): Promise<boolean> {
    const images = this.#images(uid, live);
    if (images === undefined) return false;
    try {
      const { sources, claims } = await readSources(live.pod, this.objects, this.machine.state);
      if (live.deleting) return false;
      await copyRoots(live.pod, live.folder, this.machine, images);
      if (live.deleting) return false;
      preparePod(live.pod, live.folder, sources, claims, this.machine, images);
      live.waiting = undefined;
      return true;
    } catch (error) {
      if (error instanceof RefusedError) {
        refusePod(live, error);
      } else {
        if (!(error instanceof ConfigError))
          this.logger.warn({ err: error, podUid: uid }, 'a pod could not be prepared');
        const message = error instanceof ConfigError ? error.message : 'the node could not prepare the container';
        live.waiting = { reason: 'CreateContainerConfigError', message };
        this.#after(RETRY_MS, () => void this.#retry(uid));
      }
      this.#changed(uid);
      return false;
    }
  }

  /** The pod's images; undefined while they are on their way: the pod is looked at again then. */
  #images(uid: string, live: LivePod): PodImages | undefined {
    if (this.pulls === undefined) return NO_IMAGES;
    if (live.images !== undefined || live.waiting?.reason === PULLING) return live.images;
    live.waiting = { reason: PULLING, message: 'its images are being pulled' };
    void this.#pull(uid, live, this.pulls);
    return undefined;
  }

  async #pull(uid: string, live: LivePod, pulls: NodePulls): Promise<void> {
    try {
      const images = await provideImages(live.pod, this.machine.images, pulls);
      if (this.#closed || live.deleting) return;
      const digests = [...images.values()].flatMap((one) => (one.kind === 'pulled' ? [one.image.digest] : []));
      pulls.inUse.set(uid, digests);
      storeImages(live, images);
      live.waiting = undefined;
      await this.#retry(uid);
    } catch (thrown) {
      if (this.#closed || live.deleting) return;
      const { reason, message } = thrown instanceof ImageError ? thrown.failure : INTERNAL;
      if (!(thrown instanceof ImageError)) this.logger.warn({ err: thrown, podUid: uid }, 'images cannot be pulled');
      live.waiting = { reason, message, ...(thrown instanceof ImageError ? { image: thrown.image } : {}) };
      this.#after(pullRetryMs(++live.pullFailures), () => void this.#retry(uid));
    }
    this.#changed(uid);
  }

  async #retry(uid: string): Promise<void> {
    const live = this.#pods.get(uid);
    if (live === undefined || this.#closed) return;
    try {
      await this.#advance(uid, live);
    } catch (error) {
      this.logger.warn({ err: error, podUid: uid }, 'a pod could not be started; it is tried again');
      this.#after(RETRY_MS, () => void this.#retry(uid));
    }
  }

  /** A supervisor that ends with containers running has died, and they with it; a new one reports that. */
  #supervisorEnded(uid: string): void {
    const live = this.#pods.get(uid);
    if (live === undefined || this.#closed || live.deleting) return;
    this.#changed(uid);
    // One that has just been started ends for a reason that stays, such as a full disk: the resync looks again.
    const isFresh = performance.now() - (live.launchedMs ?? -Infinity) < RETRY_MS;
    if (!allEnded(live) && !isFresh) void this.#retry(uid);
  }

  async #takeUp(uid: string): Promise<void> {
    const folder = this.machine.state.pod(uid);
    const live = readStoredPod(folder);
    if (live === undefined) {
      await removeFolder(folder.path, this.machine.state.trash()); // a start that got no further than its folder
      return;
    }
    this.#pods.set(uid, live);
    await this.#retry(uid);
    this.#changed(uid);
  }

  async pods(): Promise<string[]> {
    return Promise.resolve([...this.#pods.keys()]);
  }

  async status(uid: string): Promise<PodStatus | undefined> {
    const live = this.#pods.get(uid);
    return Promise.resolve(live === undefined ? undefined : statusOf(uid, live, this.#probes));
  }

  onChange(listener: (uid: string) => void): void {
    this.#changes.subscribe(listener);
  }

  #changed(uid: string): void {
    if (!this.#closed && this.#pods.has(uid)) this.#changes.tell(uid);
  }

  readLog(uid: string, container: string, from: number, signal: AbortSignal): AsyncIterable<LogLine[]> {
    const live = this.#pods.get(uid);
    if (live === undefined || !containersOf(live.pod).some(({ name }) => name === container)) {
      throw new SlipwayError(
        'not-found',
        'NoSuchContainer',
        `There is no container "${container}" of pod ${uid} here.`,
      );
    }
    return this.#follow(uid, live, container, from, signal);
  }

  async *#follow(
    uid: string,
    live: LivePod,
    container: string,
    from: number,
    signal: AbortSignal,
  ): AsyncGenerator<LogLine[]> {
    const isOver = (): boolean =>
      reportOf(live, container).kind === 'terminated' || live.refused !== undefined || live.deleting || this.#closed;
    const path = live.folder.container(container, 'log');
    while (!existsSync(path)) {
      if (signal.aborted || isOver()) return;
      await this.#changes.next(uid, RESYNC_MS, signal);
    }
    yield* followLog(
      path,
      from,
      { hasEnded: isOver, onChange: (listener) => this.#changes.subscribeTo(uid, listener) },
      signal,
    );
  }

  async stop(uid: string, graceSeconds?: number): Promise<void> {
    const live = this.#pods.get(uid);
    if (live === undefined) return;
    await this.#starting.get(uid)?.catch(() => undefined);
    await live.preparing?.catch(() => undefined);
    const grace = graceSeconds ?? live.pod.spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS;
    if (existsSync(live.folder.file('plan'))) {
      if (!askToStop(live.folder, Math.round(grace * 1000)) && !allEnded(live)) await this.#stopStarting(live, grace);
      return;
    }
    refusePod(live, live.refused ?? { reason: 'Terminated', message: 'The pod was stopped before it could start.' });
    this.#changed(uid);
  }

  /** The supervisor is just starting, or has just ended. */
  async #stopStarting(live: LivePod, grace: number): Promise<void> {
    const deadlineMs = Date.now() + END_MS;
    while (Date.now() < deadlineMs && !allEnded(live)) {
      if (askToStop(live.folder, Math.round(grace * 1000))) return;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  release(uid: string): Promise<void> {
    return this.delete(uid);
  }

  async delete(uid: string, graceSeconds?: number): Promise<void> {
    const live = this.#pods.get(uid);
    if (live === undefined) return;
    live.deleting = true;
    await this.stop(uid, graceSeconds);
    const grace = graceSeconds ?? live.pod.spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS;
    await this.#supervisorGone(uid, live, grace * 1000 + END_MS);
    this.#probes.forget(uid);
    this.pulls?.inUse.delete(uid);
    removeGroupOf(live.folder);
    await removeFolder(live.folder.path, this.machine.state.trash());
    await rm(join(this.machine.state.changed(), uid), { force: true });
    this.#changed(uid);
    this.#pods.delete(uid);
  }

  async #supervisorGone(uid: string, live: LivePod, limitMs: number): Promise<void> {
    const deadlineMs = Date.now() + limitMs;
    while (isSupervised(live.folder)) {
      if (Date.now() > deadlineMs) {
        killSupervisor(live.folder);
      }
      await this.#changes.next(uid, 50);
    }
  }

  async updateAnnotations(uid: string, annotations: Record<string, string>): Promise<void> {
    const live = this.#pods.get(uid);
    if (live === undefined) return;
    const pod = {
      ...live.pod,
      metadata: { ...live.pod.metadata, annotations: { ...live.pod.metadata.annotations, ...annotations } },
    };
    replacePod(live, pod);
    if (existsSync(live.folder.file('plan'))) rewriteDownward(pod, live.folder, pod.spec.securityContext?.fsGroup);
    return Promise.resolve();
  }

  async notices(uid: string): Promise<string[]> {
    const live = this.#pods.get(uid);
    return Promise.resolve(
      live === undefined ? [] : noticesOf(live.pod, this.machine.images, this.pulls && live.standIns),
    );
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#watcher?.close();
    this.#probes.close();
    this.#supervisors.close();
    for (const timer of this.#timers) clearTimeout(timer);
    this.#changes.wakeAll(); // whoever follows a log
    if (this.#holder !== undefined) closeSync(this.#holder);
    this.#holder = undefined;
    return Promise.resolve();
  }

  #resync(): void {
    for (const [uid, live] of this.#pods) {
      if (live.done || live.deleting || this.#starting.has(uid) || !existsSync(live.folder.file('plan'))) continue;
      if (!isSupervised(live.folder)) this.#supervisorEnded(uid);
      else this.#changed(uid);
    }
  }

  #after(ms: number, act: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, ms);
    this.#timers.add(timer);
  }

  #every(ms: number, act: () => void): void {
    const timer = setInterval(act, ms);
    timer.unref();
    this.#timers.add(timer);
  }
}

function uidOf(pod: Pod): string {
  const { uid, name } = pod.metadata;
  if (uid === undefined) throw new SlipwayError('invalid', 'NoUid', `Pod "${name}" has no uid.`);
  return uid;
}
