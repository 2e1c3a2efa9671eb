// A backup: JSON, one record a line, compressed with gzip. The head comes first, the end last; a file without its end is
// not whole.

import type { KubeObject, Time } from './kube.js';

export const BACKUP_FORMAT = 1;

export type BackupRecord =
  | { head: { format: number; time: Time } }
  /** In its storage version, with its uid, status and owners. What is owned stands before its owner. */
  | { object: KubeObject }
  | { log: BackupLog }
  | { end: BackupEnd };

/** Some lines of one container, as they are stored; the next ones of the container follow. */
export interface BackupLog {
  namespace: string;
  podUid: string;
  container: string;
  records: string[];
}

export interface BackupEnd {
  objects: number;
  /** Records of `log`, not lines. */
  logs: number;
  /** Of the objects; absent when the backup holds none. */
  position?: BackupPosition;
}

export interface BackupPosition {
  /** Every commit up to it is in the backup, and none after it. */
  revision: number;
  /** Sequence number of the last change of each shard; index is the shard. */
  heads: number[];
}
