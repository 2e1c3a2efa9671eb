// The ports between the executor and what runs pods. A runtime is a small kubelet: it knows containers, not steps.

import type {
  ConfigMap,
  LimitRange,
  LogLine,
  PersistentVolumeClaim,
  Pod,
  PodStatus,
  Secret,
  ServiceAccount,
} from '@slipway/contracts';

/** Runs pods on one node. Everything it reports can be asked again; nothing is told only once. */
export interface PodRuntime {
  /**
   * Starts a pod. Idempotent by pod uid: a pod that exists is taken up where it is. Returns once the pod is durable on
   * the node (its supervisor has started), not when its containers run.
   */
  start(pod: Pod): Promise<void>;
  /** Uids of the pods on this node, found again after a restart. */
  pods(): Promise<string[]>;
  /** The pod's status, built from what is on disk; undefined: no such pod here. */
  status(uid: string): Promise<PodStatus | undefined>;
  /** Called whenever a pod's status may have changed. A level, not an edge: ask `status()`. */
  onChange(listener: (uid: string) => void): void;
  /** Lines of a container from number `from`; follows until the container has ended, and ends then. */
  readLog(uid: string, container: string, from: number, signal: AbortSignal): AsyncIterable<LogLine[]>;
  /**
   * Ends every container of the pod that still runs: SIGTERM, grace, SIGKILL. Keeps its files, so that logs and states
   * can be read to their end: sidecars once the steps are done, everything on a cancellation. Returns when asked, not
   * when ended; `onChange` tells. Idempotent.
   */
  stop(uid: string, graceSeconds?: number): Promise<void>;
  /**
   * Nobody here needs the pod any more, which has ended: a node removes its files, a cluster keeps it for whoever reads its
   * log there. `pods()` does not name it any more. Idempotent.
   */
  release(uid: string): Promise<void>;
  /** Ends everything of the pod as `stop` does, then removes it. `at`: where a released one is found. Idempotent. */
  delete(uid: string, graceSeconds?: number, at?: { namespace: string; name: string }): Promise<void>;
  /** Changes what containers wait for (downward API files of annotations) without restarting them. */
  updateAnnotations(uid: string, annotations: Record<string, string>): Promise<void>;
  /** What a human should know about the pod: images that could not be honoured, and what stands in for them. */
  notices(uid: string): Promise<string[]>;
  /** Lets go of the pods and leaves them running. */
  close(): Promise<void>;
}

/** What pods of a namespace mount and are bound by: objects of the platform's store, or of the cluster. */
export interface PodEnvironment extends KubeletObjects {
  /** As it was at this revision of the platform's store, or later. */
  serviceAccount(namespace: string, name: string, atRevision: number): Promise<ServiceAccount | undefined>;
  /** What a secret is and is for, and nothing of what it hides. */
  secretHead(namespace: string, name: string): Promise<SecretHead | undefined>;
  limitRanges(namespace: string): Promise<readonly LimitRange[]>;
}

export type SecretHead = Pick<Secret, 'metadata' | 'type'>;

/** The objects that a kubelet reads in order to mount volumes and fill environments. */
export interface KubeletObjects {
  secret(namespace: string, name: string): Promise<Secret | undefined>;
  configMap(namespace: string, name: string): Promise<ConfigMap | undefined>;
  persistentVolumeClaim(namespace: string, name: string): Promise<PersistentVolumeClaim | undefined>;
}
