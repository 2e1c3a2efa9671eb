// A pod that this runtime has, and what is read about it from its folder.

import type { Pod, PodStatus } from '@slipway/contracts';
import { existsSync, readFileSync } from 'node:fs';
import { parseReport, type ContainerReport } from './container-state.js';
import { readBounded } from './files.js';
import type { PodFolder } from './pod-folder.js';
import type { PodImages } from './pod-images.js';
import { podStatus, type ContainerFacts } from './pod-status.js';
import { writeDurably } from './prepare.js';
import type { ReadyProbes } from './probes.js';

/** A kubelet keeps this much of a termination message. */
const TERMINATION_BYTES = 4096;
const STATE_BYTES = 16384;

interface Why {
  reason: string;
  message: string;
}

export interface LivePod {
  pod: Pod;
  readonly folder: PodFolder;
  readonly createdMs: number;
  /** Why it cannot start yet; `image`: only containers with that one wait for this. */
  waiting: (Why & { image?: string }) | undefined;
  /** What its images are, once they are here. */
  images: PodImages | undefined;
  /** As the status names them, by the name that containers give them; also after a restart. */
  imageIds: Readonly<Record<string, string>>;
  /** Why the host stands in for images that could not be pulled, likewise. */
  standIns: Readonly<Record<string, string>>;
  /** Pulls of its images that failed, one after the other. */
  pullFailures: number;
  /** What is being done so that it can start. */
  preparing: Promise<boolean> | undefined;
  /** When a supervisor was last started for it, by the clock that does not jump. */
  launchedMs: number | undefined;
  /** Why it never will. */
  refused: Why | undefined;
  /** Its last reports showed every container ended. */
  done: boolean;
  deleting: boolean;
}

/** A pod that comes to the runtime: its folder says so from now on. The folder is there. */
export function storeNewPod(pod: Pod, folder: PodFolder, nowMs: number): LivePod {
  storePod(folder, pod, nowMs);
  return livePod({ pod, folder, createdMs: nowMs });
}

function livePod(known: Pick<LivePod, 'pod' | 'folder' | 'createdMs'>): LivePod {
  return {
    ...known,
    waiting: undefined,
    images: undefined,
    imageIds: {},
    standIns: {},
    pullFailures: 0,
    preparing: undefined,
    launchedMs: undefined,
    refused: undefined,
    done: false,
    deleting: false,
  };
}

/** What a folder says of its pod; undefined when a start got no further than the folder. */
export function readStoredPod(folder: PodFolder): LivePod | undefined {
  const stored = readJson<{ pod: Pod; createdMs: number; boot: string }>(folder.file('pod.json'));
  if (stored === undefined) return undefined;
  const { pod, createdMs, boot } = stored;
  const refused = readJson<Why>(folder.file('refused.json'));
  // The machine has started anew since: whether a container had run is not known, so it must not run again.
  if (boot !== bootId() && existsSync(folder.file('plan'))) writeDurably(folder.file('launched'), '');
  const images = readJson<Pick<LivePod, 'imageIds' | 'standIns'>>(folder.file('images.json')) ?? {};
  return { ...livePod({ pod, folder, createdMs }), refused, ...images };
}

/** The pod as it is asked now takes the place of the one that was. */
export function replacePod(live: LivePod, pod: Pod): void {
  storePod(live.folder, pod, live.createdMs);
  live.pod = pod;
}

/** The pod is never going to start, and the next runtime over this folder knows it too. */
export function refusePod(live: LivePod, why: Why): void {
  live.refused = { reason: why.reason, message: why.message };
  writeDurably(live.folder.file('refused.json'), JSON.stringify(live.refused));
}

/** The pod's images are here: its status says which they are from now on. */
export function storeImages(live: LivePod, images: PodImages): void {
  live.images = images;
  live.imageIds = Object.fromEntries(
    [...images].flatMap(([name, found]) =>
      found.kind === 'pulled' ? [[name, `${name.replace(/@.*$|:[^/:]*$/, '')}@${found.image.digest}`]] : [],
    ),
  );
  live.standIns = Object.fromEntries(
    [...images].flatMap(([name, found]) => (found.kind === 'stand-in' ? [[name, found.why]] : [])),
  );
  const { imageIds, standIns } = live;
  if (images.size > 0) writeDurably(live.folder.file('images.json'), JSON.stringify({ imageIds, standIns }));
}

export function containersOf(pod: Pod): Pod['spec']['containers'] {
  return [...(pod.spec.initContainers ?? []), ...pod.spec.containers];
}

export function reportOf(live: LivePod, container: string): ContainerReport {
  return parseReport(readBounded(live.folder.container(container, 'state'), STATE_BYTES).toString('utf8'));
}

/** The container's first process; undefined: it does not run. */
function pidOf(live: LivePod, container: string): number | undefined {
  const report = reportOf(live, container);
  return report.kind === 'running' ? report.pid : undefined;
}

/** True once every container has ended; what has ended stays so, and is not read again. */
export function allEnded(live: LivePod): boolean {
  live.done ||= containersOf(live.pod).every(({ name }) => reportOf(live, name).kind === 'terminated');
  return live.done;
}

/** The pod's status, read from its files (X4); containers seen running are probed from now on. */
export function statusOf(uid: string, live: LivePod, probes: ReadyProbes): PodStatus {
  const facts = new Map<string, ContainerFacts>();
  // The last first: what is told of it may only follow from how those before it ended, which is then there to be read.
  for (const container of containersOf(live.pod).reverse()) {
    const report = reportOf(live, container.name);
    if (report.kind === 'running') probes.watch(uid, container, () => pidOf(live, container.name));
    facts.set(container.name, {
      report,
      terminationMessage: report.kind === 'terminated' ? terminationMessage(live, container.name) : '',
      probeSucceeded: probes.isReady(uid, container),
    });
  }
  const expired = existsSync(live.folder.file('deadline'));
  return podStatus(live.pod, {
    createdMs: live.createdMs,
    waiting: live.waiting,
    imageIds: live.imageIds,
    refused: expired
      ? { reason: 'DeadlineExceeded', message: 'Pod was active on the node longer than the specified deadline' }
      : live.refused,
    containers: facts,
  });
}

function storePod(folder: PodFolder, pod: Pod, createdMs: number): void {
  writeDurably(folder.file('pod.json'), JSON.stringify({ pod, createdMs, boot: bootId() }));
}

function terminationMessage(live: LivePod, container: string): string {
  return readBounded(live.folder.container(container, 'termination'), TERMINATION_BYTES).toString('utf8');
}

function readJson<T>(path: string): T | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T;
  } catch {
    return undefined;
  }
}

let boot: string | undefined;
function bootId(): string {
  boot ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return boot;
}
