// What lies below the folder of the logs: `<namespace>/<pod uid>/<container>.log`, each name encoded.

import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { subjectToken, type ListLogsReply, type ListLogsRequest, type StoredPod } from '@slipway/contracts';
import { isLogPart, nameOf } from './log-paths.js';

/** Folders that were made for a name, encoded and sorted. */
export async function foldersIn(dir: string): Promise<string[]> {
  const entries = await entriesOf(dir);
  const names = entries.filter((entry) => entry.isDirectory() && isLogPart(entry.name)).map(({ name }) => name);
  return names.sort();
}

/** Containers of which there is a log, encoded. */
export async function containersIn(dir: string): Promise<string[]> {
  const entries = await entriesOf(dir);
  const logs = entries.filter((entry) => entry.isFile() && entry.name.endsWith('.log'));
  return logs.map(({ name }) => name.slice(0, -'.log'.length)).filter(isLogPart);
}

/** The pods behind `after`, as many as fit into `maxBytes` of JSON, one at least. */
export async function listLogs(dir: string, { after }: ListLogsRequest, maxBytes: number): Promise<ListLogsReply> {
  const pods: StoredPod[] = [];
  let bytes = 0;
  const from = after === undefined ? ['', ''] : [subjectToken(after.namespace), subjectToken(after.podUid)];
  for (const namespace of await foldersIn(dir)) {
    if (namespace < from[0]!) continue;
    for (const podUid of await foldersIn(join(dir, namespace))) {
      if (namespace === from[0] && podUid <= from[1]!) continue;
      const containers = await sizesIn(join(dir, namespace, podUid));
      const pod = { namespace: nameOf(namespace), podUid: nameOf(podUid), containers };
      bytes += Buffer.byteLength(JSON.stringify(pod)) + 1;
      if (pods.length > 0 && bytes > maxBytes) return { pods, end: false };
      pods.push(pod);
    }
  }
  return { pods, end: true };
}

/** Size of each container's file, by the container's name. Bytes. */
export async function sizesIn(dir: string): Promise<Record<string, number>> {
  const sizes: Record<string, number> = {};
  for (const container of await containersIn(dir)) {
    const file = await stat(join(dir, `${container}.log`)).catch(gone);
    if (file !== undefined) sizes[nameOf(container)] = file.size;
  }
  return sizes;
}

async function entriesOf(dir: string): Promise<Dirent[]> {
  return (await readdir(dir, { withFileTypes: true }).catch(gone)) ?? [];
}

/** A pod's folder may go while it is looked at, and a platform that has run nothing has none. */
export function gone(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
