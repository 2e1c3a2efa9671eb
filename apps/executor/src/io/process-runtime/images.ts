// What stands in for an image: a root file system that is at hand, or the host's programs.
//
// The operator's images file is a YAML list, first match wins:
//   - image: registry.example/team/*     # glob over the whole reference; * is any run of characters
//     rootfs: /srv/images/team           # the container's root, or
//     mounts: { /kaniko: /opt/kaniko }   # folders that the image would have, below the host's root
//     path: /opt/kaniko/bin              # put before PATH, and mounted there

import { SlipwayError } from '@slipway/contracts';
import { parse } from 'yaml';

export interface ImageEntry {
  image: string;
  rootfs?: string;
  mounts?: Record<string, string>;
  path?: string;
}

/** Throws SlipwayError('invalid') naming the file and the entry. */
export function parseImages(text: string, file: string): ImageEntry[] {
  const list: unknown = parse(text, { uniqueKeys: true, maxAliasCount: 0 }) ?? [];
  if (!Array.isArray(list)) throw bad(file, 'is not a list');
  return list.map((entry: unknown, i) => {
    if (!isEntry(entry)) throw bad(file, `entry ${i + 1} is not {image, rootfs | mounts, path} of absolute paths`);
    return entry;
  });
}

function bad(file: string, problem: string): SlipwayError {
  return new SlipwayError('invalid', 'BadImagesFile', `Images file ${file}: ${problem}.`);
}

function isEntry(entry: unknown): entry is ImageEntry {
  if (typeof entry !== 'object' || entry === null) return false;
  const { image, rootfs, mounts, path, ...rest } = entry as Record<string, unknown>;
  const isPath = (value: unknown): boolean => typeof value === 'string' && value.startsWith('/');
  return (
    typeof image === 'string' &&
    Object.keys(rest).length === 0 &&
    (rootfs === undefined || isPath(rootfs)) &&
    (path === undefined || isPath(path)) &&
    (mounts === undefined ||
      (typeof mounts === 'object' && mounts !== null && Object.entries(mounts).flat().every(isPath)))
  );
}

/** The first entry whose glob matches the whole reference. */
export function matchImage(image: string, entries: readonly ImageEntry[]): ImageEntry | undefined {
  return entries.find((entry) => globMatches(entry.image, image));
}

/** Linear in both: every `*` is tried at its first place only, which is enough when nothing else is special. */
function globMatches(glob: string, text: string): boolean {
  const parts = glob.split('*');
  if (parts.length === 1) return glob === text;
  const first = parts[0]!;
  const last = parts.at(-1)!;
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) return false;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= text.length - last.length;
}

export function imageNotice(image: string): string {
  return `Image ${image} is not at hand here; its containers run on this machine's own /usr, read-only.`;
}

/** Images that are built on one of the two, by their names. */
const ALPINE = /(^|\/)((alpine|busybox)(-[^/]*)?|alpine\/[^/]+|git-init|git-clone)$/;

/** Whether the image's shell is busybox's `ash`, which understands more than the `dash` that Debian calls `sh`. */
export function hasAsh(image: string): boolean {
  const repository = image.replace(/@.*$/, '').replace(/:[^/:]*$/, '');
  return ALPINE.test(repository);
}

/** Image of the steps that Slipway adds itself; they need the host's programs and `<binDir>/ko-app`, and no notice. */
export const OWN_IMAGES = new Set(['slipway.dev/resource-steps', 'slipway.dev/entrypoint']);
