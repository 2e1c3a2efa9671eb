// Places of Cloud Storage, as gsutil names them: gs://bucket/object, gs://bucket/folder/, gs://bucket/folder/*.

export interface GcsLocation {
  bucket: string;
  /** Behind the bucket's slash; empty for the bucket itself. */
  name: string;
}

/** Throws an Error for what is no `gs://` URL. */
export function gcsLocation(text: string): GcsLocation {
  const [, bucket, name] = /^gs:\/\/([^/]+)\/?(.*)$/s.exec(text) ?? [];
  if (bucket === undefined) throw new Error(`location "${text}" has not the form gs://BUCKET/OBJECT`);
  return { bucket, name: name ?? '' };
}

/** What names of the objects of a folder begin with. */
export function folderPrefix({ name }: GcsLocation): string {
  return name === '' || name.endsWith('/') ? name : `${name}/`;
}

/** Whether a name has a `*` that stands for objects. */
export function isPattern(name: string): boolean {
  return name.includes('*');
}

/** Objects of a pattern: `*` stays within a folder, `**` does not. Linear in the name for each `*`. */
export function matches(pattern: string, name: string): boolean {
  const source = pattern
    .split(/(\*+)/)
    .map((part) =>
      part === '*' ? '[^/]*' : part.startsWith('**') ? '.*' : part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'),
    )
    .join('');
  return new RegExp(`^${source}$`, 's').test(name);
}

/** Where `gsutil cp` puts one of several files: below the location, or at it when it is the only one. */
export function uploadName(location: GcsLocation, file: string, count: number): string {
  const isFolder = location.name === '' || location.name.endsWith('/') || count > 1;
  return isFolder ? folderPrefix(location) + file : location.name;
}
