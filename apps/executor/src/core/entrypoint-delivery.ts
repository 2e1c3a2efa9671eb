// How the entrypoint comes into a pod, and whether the pod needs it at all.
//
//   E1. Every init container costs a cluster a second: there is one at most, and none where nothing needs it.
//   E2. Without the entrypoint a step is an ordinary container: its image's own command runs, and nothing orders, times or
//       reads it. Only a pod where that makes no difference goes without.

import {
  ENTRYPOINT_IMAGE,
  POD_PATHS,
  type Container,
  type OrderedStep,
  type Volume,
  type VolumeMount,
} from '@slipway/contracts';
import type { ClusterFeatures } from './cluster-features.js';

export type Delivery =
  /** The node has it in a folder. */
  | { kind: 'host'; path: string }
  /** An image brings it, whose only file is `/entrypoint`; `secret` names one of the pod's namespace that holds it too. */
  | { kind: 'image'; image: string; features: ClusterFeatures; secret?: string };

/** The init container that brings the entrypoint and what steps need of it; nothing of the user's runs in it. */
export const PREPARES = 'prepare';
const VOLUME = 'tekton-internal-bin';
const IN_IMAGE = '/entrypoint';
const EXECUTABLE = 0o755;

export const BIN_MOUNT: VolumeMount = { name: VOLUME, mountPath: POD_PATHS.bin, readOnly: true };

/** What has to be done in the pod before its containers start. */
export interface Preparation {
  /** Names of steps whose folders are linked below /tekton/steps. */
  links: readonly string[];
  /** Scripts to be written, as the entrypoint takes them. */
  scripts: readonly string[];
  /** Where links and scripts go. */
  mounts: readonly VolumeMount[];
}

/** What a pod needs so that its steps find the entrypoint, and what they need is prepared (E1). */
export function deliverEntrypoint(
  delivery: Delivery,
  { links, scripts, mounts }: Preparation,
): { volume: Volume; initContainers: Container[] } {
  const work = [...links, ...scripts];
  const init = (image: string, command: string[], bin: VolumeMount[]): Container[] => [
    { name: PREPARES, image, command: [...command, ...work], workingDir: '/', volumeMounts: [...bin, ...mounts] },
  ];
  if (delivery.kind === 'host') {
    const volume = { name: VOLUME, hostPath: { path: delivery.path, type: 'Directory' } };
    const command = [POD_PATHS.entrypoint, 'step-init'];
    return { volume, initContainers: work.length === 0 ? [] : init(ENTRYPOINT_IMAGE, command, [BIN_MOUNT]) };
  }
  const { image, features, secret } = delivery;
  if (features.imageVolumes) {
    const volume = { name: VOLUME, image: { reference: image } };
    return { volume, initContainers: work.length === 0 ? [] : init(image, [IN_IMAGE, 'step-init'], []) };
  }
  if (secret !== undefined && work.length === 0) {
    return { volume: { name: VOLUME, secret: { secretName: secret, defaultMode: EXECUTABLE } }, initContainers: [] };
  }
  const writable = { name: VOLUME, mountPath: POD_PATHS.bin };
  const command = [IN_IMAGE, 'init', IN_IMAGE, POD_PATHS.entrypoint];
  return { volume: { name: VOLUME, emptyDir: {} }, initContainers: init(image, command, [writable]) };
}

/** A container that runs a subcommand of the entrypoint, which its arguments are, and nothing else. */
export function runsEntrypoint(delivery: Delivery, container: Omit<Container, 'command' | 'image'>): Container {
  if (delivery.kind === 'image') return { ...container, image: delivery.image, command: [IN_IMAGE] };
  const volumeMounts = [BIN_MOUNT, ...(container.volumeMounts ?? [])];
  return { ...container, image: ENTRYPOINT_IMAGE, command: [POD_PATHS.entrypoint], volumeMounts };
}

/** What a task's pod asks of the entrypoint. */
export interface EntrypointWork {
  steps: readonly OrderedStep[];
  /** The first step waits until the sidecars are there. */
  waitsForSidecars: boolean;
  hasResults: boolean;
  hasCredentials: boolean;
  /** Links or scripts that an init container has to make. */
  isPrepared: boolean;
  /** A failed step waits for a person. */
  breaksOnFailure: boolean;
  /** A step names a path that the entrypoint fills or reads. */
  namesOurPaths: boolean;
}

/** Whether somebody has to order the steps, time them or read what they leave (E2). */
export function needsEntrypoint(delivery: Delivery, work: EntrypointWork): boolean {
  if (delivery.kind === 'host' || work.steps.length !== 1) return true;
  const { steps, ...reasons } = work;
  return Object.values(reasons).includes(true) || asksForMore(steps[0]!);
}

function asksForMore({ onError, timeout, stdoutPath, stderrPath, results, when, breaksBefore }: OrderedStep): boolean {
  const texts = [onError, timeout, stdoutPath, stderrPath].some((text) => text !== undefined && text !== '');
  const lists = [results, when].some((list) => list !== undefined && list.length > 0);
  return texts || lists || breaksBefore === true;
}
