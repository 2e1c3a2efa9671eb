// The folders of the mirrors, and what they may take of the disk.
//
//   F1. A folder that somebody writes to is marked; one that is marked when the service starts was left half-done, and goes.
//   F2. What is thrown away is renamed first: no mirror is there in part.
//   F3. Beyond the limit the least recently used goes first, never one that is in use.

import { createHash } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

interface Entry {
  bytes: number;
  usedMs: number;
  users: number;
}

const MARK = 'slipway-writing';
const USED = 'slipway-used';

export class MirrorFolders {
  readonly #entries = new Map<string, Entry>();
  #thrown = 0;

  private constructor(
    private readonly folder: string,
    readonly maxBytes: number,
  ) {}

  /** Looks at what is there, once. */
  static async open(folder: string, maxBytes: number): Promise<MirrorFolders> {
    const self = new MirrorFolders(folder, maxBytes);
    for (const part of ['mirrors', 'trash', 'scratch'])
      await mkdir(join(folder, part), { recursive: true, mode: 0o700 });
    await rm(join(folder, 'scratch'), { recursive: true, force: true });
    await rm(join(folder, 'trash'), { recursive: true, force: true });
    for (const part of ['trash', 'scratch']) await mkdir(join(folder, part), { mode: 0o700 });
    for (const key of await readdir(join(folder, 'mirrors'))) {
      const path = self.pathOf(key);
      const [marked, used] = await Promise.all([timeOf(join(path, MARK)), timeOf(join(path, USED))]);
      self.#entries.set(key, { bytes: await bytesOf(path), usedMs: used ?? 0, users: 0 });
      if (marked !== undefined || used === undefined) await self.throwAway(key); // F1
    }
    await self.#makeRoom();
    return self;
  }

  /** One folder for each repository and depth; the name says nothing to who lists it. */
  keyOf(url: string, depth: number): string {
    return createHash('sha256').update(`${depth}\0${url}`).digest('hex');
  }

  pathOf(key: string): string {
    return join(this.folder, 'mirrors', key);
  }

  /** A place for one piece of work; the caller makes and removes it. */
  scratchPath(): string {
    return join(this.folder, 'scratch', String(++this.#thrown));
  }

  has(key: string): boolean {
    return this.#entries.has(key);
  }

  /** Runs `work` with the folder, which is made where it is not, and is there until the end of it. */
  async use<T>(key: string, work: (path: string) => Promise<T>): Promise<T> {
    const path = this.pathOf(key);
    const entry = this.#entries.get(key) ?? { bytes: 0, usedMs: 0, users: 0 };
    this.#entries.set(key, entry);
    entry.users++;
    try {
      await mkdir(path, { recursive: true, mode: 0o700 });
      return await work(path);
    } finally {
      entry.users--;
      entry.usedMs = Date.now();
      if (this.#entries.get(key) === entry) {
        await touch(join(path, USED));
        await this.#makeRoom();
      }
    }
  }

  /** Runs `work`, which writes to the folder (F1). */
  async write<T>(key: string, work: () => Promise<T>): Promise<T> {
    const mark = join(this.pathOf(key), MARK);
    await writeFile(mark, '');
    const result = await work();
    const entry = this.#entries.get(key) ?? { bytes: 0, usedMs: Date.now(), users: 0 }; // thrown away meanwhile
    this.#entries.set(key, entry);
    entry.bytes = await bytesOf(this.pathOf(key));
    await rm(mark, { force: true });
    return result;
  }

  /** F2. */
  async throwAway(key: string): Promise<void> {
    this.#entries.delete(key);
    const grave = join(this.folder, 'trash', `${key}-${++this.#thrown}`);
    await rename(this.pathOf(key), grave).catch(() => undefined); // gone already
    await rm(grave, { recursive: true, force: true });
  }

  /** F3. */
  async #makeRoom(): Promise<void> {
    const total = (): number => [...this.#entries.values()].reduce((sum, { bytes }) => sum + bytes, 0);
    while (total() > this.maxBytes) {
      const idle = [...this.#entries].filter(([, { users }]) => users === 0);
      const [oldest] = idle.sort(([, one], [, other]) => one.usedMs - other.usedMs);
      if (oldest === undefined) return;
      await this.throwAway(oldest[0]);
    }
  }
}

async function bytesOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const sizes = entries
    .filter((entry) => entry.isFile())
    .map((entry) =>
      stat(join(entry.parentPath, entry.name)).then(
        ({ size }) => size,
        () => 0,
      ),
    );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

async function timeOf(file: string): Promise<number | undefined> {
  return stat(file).then(
    ({ mtimeMs }) => mtimeMs,
    () => undefined,
  );
}

async function touch(file: string): Promise<void> {
  const now = new Date();
  await utimes(file, now, now).catch(() => writeFile(file, '').catch(() => undefined));
}
