// A folder that names of strangers are written below: those of objects in a bucket, of files in an archive.
//
//   A1. Nothing is written outside: no `..`, no absolute name, and never through a link, whoever made it.
//   A2. Links of an archive are made last, and only where they stay inside; so no file can be written through one.
//   A3. Files and bytes are counted: what unpacks to more than a disk is stopped on the way.

import { createWriteStream, lstatSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

export interface Limits {
  files: number;
  bytes: number;
}

export const LIMITS: Limits = { files: 500_000, bytes: 32 * 2 ** 30 };

export class Target {
  readonly #links: { path: string; to: string }[] = [];
  #files = 0;
  #bytes = 0;

  constructor(
    readonly folder: string,
    private readonly limits: Limits = LIMITS,
  ) {
    mkdirSync(folder, { recursive: true });
  }

  /** The path for a name, its folders made; nothing is there. Throws for a name that leads out. */
  place(name: string): string {
    const parts = partsOf(name);
    if (++this.#files > this.limits.files) throw new Error(`there are more than ${this.limits.files} files`); // A3
    let path = this.folder;
    for (const part of parts.slice(0, -1)) {
      path = join(path, part);
      this.#folder(path, name);
    }
    path = join(path, parts.at(-1)!);
    const there = lstatSync(path, { throwIfNoEntry: false });
    if (there?.isDirectory()) throw new Error(`"${name}" is a file and a folder`);
    if (there !== undefined) rmSync(path);
    return path;
  }

  makeFolder(name: string): void {
    let path = this.folder;
    for (const part of partsOf(name)) {
      path = join(path, part);
      this.#folder(path, name);
    }
  }

  /** Counts bytes that were written to a place by somebody else. */
  count(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > this.limits.bytes) throw new Error(`there are more than ${this.limits.bytes} bytes`); // A3
  }

  async write(name: string, mode: number, content: Readable): Promise<void> {
    const counted = new Transform({
      transform: (chunk: Buffer, _encoding, done) => {
        try {
          this.count(chunk.length);
          done(null, chunk);
        } catch (error) {
          done(error as Error);
        }
      },
    });
    // Bits that make a program somebody else's are nobody's to hand out.
    const file = createWriteStream(this.place(name), { flags: 'wx', mode: (mode & 0o777) | 0o600 });
    await pipeline(content, counted, file);
  }

  link(name: string, to: string): void {
    const path = this.place(name);
    const lands = normalize(join(dirname(path), to));
    const isInside = !to.startsWith('/') && (lands === this.folder || lands.startsWith(`${this.folder}/`));
    if (!isInside) throw new Error(`the link "${name}" leads out of the folder, to "${to}"`); // A2
    this.#links.push({ path, to });
  }

  /** Makes the links. After this nothing may be written any more. */
  finish(): void {
    for (const { path, to } of this.#links) {
      if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory())
        throw new Error(`the link ${path} is a folder, too`);
      rmSync(path, { force: true });
      symlinkSync(to, path);
    }
  }

  #folder(path: string, name: string): void {
    const there = lstatSync(path, { throwIfNoEntry: false });
    if (there === undefined) mkdirSync(path, { mode: 0o755 });
    else if (!there.isDirectory()) throw new Error(`"${name}" has a file or a link on its way`); // A1
  }
}

function partsOf(name: string): string[] {
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  const isBad = name.startsWith('/') || name.includes('\0') || parts.includes('..') || parts.length === 0;
  if (isBad) throw new Error(`the name "${name.slice(0, 200)}" leads out of the folder`); // A1
  return parts;
}
