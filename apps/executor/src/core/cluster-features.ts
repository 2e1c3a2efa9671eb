// What pods may use, by the version of the cluster's API server.

export interface ClusterFeatures {
  /** Init containers with `restartPolicy: Always`. */
  nativeSidecars: boolean;
  /** Volumes that are images. */
  imageVolumes: boolean;
}

/** First minor versions of 1.x that have a feature on by default. */
const SINCE = { nativeSidecars: 29, imageVolumes: 35 } as const;

/** `minor` as servers write it: `20`, `29+`. */
export function featuresOf({ major, minor }: { major: string; minor: string }): ClusterFeatures {
  const number = Number(major) > 1 ? Infinity : Number(/^\d+/.exec(minor)?.[0] ?? 0);
  return { nativeSidecars: number >= SINCE.nativeSidecars, imageVolumes: number >= SINCE.imageVolumes };
}
