// Which pulled images go when they take too much of the disk.

export interface KeptImage {
  digest: string;
  sizeBytes: number;
  usedMs: number;
}

/** The least recently used first, never one that a pod uses, and no more than needed. */
export function imagesToRemove(
  images: readonly KeptImage[],
  maxBytes: number,
  inUse: (digest: string) => boolean,
): string[] {
  let total = images.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const removed: string[] = [];
  for (const { digest, sizeBytes } of [...images].sort((a, b) => a.usedMs - b.usedMs)) {
    if (total <= maxBytes) break;
    if (inUse(digest)) continue;
    total -= sizeBytes;
    removed.push(digest);
  }
  return removed;
}
