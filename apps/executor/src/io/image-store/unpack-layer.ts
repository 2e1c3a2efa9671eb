// One layer of an image, unpacked over those below it.
//
//   U1. Nothing outside the folder is touched, whatever names, links and hard links say: every path is resolved inside the
//       folder when it is used, and a name with `..` in it is refused.
//   U2. A link is made as it is written and never followed out; what is behind it is the container's to see.
//   U3. Devices and pipes are left out: a container has its own /dev, and nothing here may open one.
//   U4. Bytes and files are counted down while they come, so that a bomb costs no more than what is allowed.
//   U5. What takes a folder's write permission away is done last, and only where the folder still is what it was.

import { chmodSync, constants, linkSync, lstatSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { chmod, chown, lchown, lutimes, open, rm, utimes } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { SlipwayError } from '@slipway/contracts';
import { extract, type Extract, type Header as TarHeader } from 'tar-stream';
import { pathWithin } from './path-within.js';

/** What all layers of an image together may still take (U4). */
export interface Budget {
  bytes: number;
  files: number;
}

export interface UnpackOptions {
  /** The root file system so far. */
  root: string;
  budget: Budget;
  /** Whether files get the owners that the image names; who is not root keeps them all. */
  keepsOwners: boolean;
}

const WHITEOUT = '.wh.';
const OPAQUE = '.wh..wh..opq';
/** What another union file system keeps for itself. */
const META = '.wh..wh.';
/** Tars of before 1988, too, as other programs take them. */
const FORMAT = { highWaterMark: 1 << 16, allowUnknownFormat: true };
const MAX_PATH = 4096;
const MAX_ID = 2 ** 32 - 2;

/** Throws SlipwayError('invalid' or 'too-large') naming the entry. The tar is not packed any more. */
export async function unpackLayer(tar: readonly (Readable | Transform)[], options: UnpackOptions): Promise<void> {
  const layer = new Layer(options);
  const entries = extract(FORMAT);
  const [first, ...rest] = tar;
  const feeding = pipeline([first!, ...rest, counted(options.budget), entries]).catch(() => undefined); // told by the entries
  try {
    for await (const entry of entries) await layer.place(entry);
    await layer.close();
  } catch (thrown) {
    first!.destroy();
    throw asBadLayer(thrown);
  } finally {
    await feeding;
  }
}

/** U4 */
function counted(budget: Budget): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      budget.bytes -= chunk.length;
      if (budget.bytes < 0)
        done(new SlipwayError('too-large', 'ImageTooLarge', 'The image unpacks to more than it may.'));
      else done(null, chunk);
    },
  });
}

function asBadLayer(thrown: unknown): unknown {
  if (thrown instanceof SlipwayError) return thrown;
  const { code = '', message = String(thrown) } = thrown as { code?: string; message?: string };
  if (NODE_FAILURES.includes(code)) {
    return new SlipwayError('transient', 'NodeFailed', `The node cannot unpack it: ${code}.`, { cause: thrown });
  }
  const why = code === '' ? message : code;
  return new SlipwayError('invalid', 'BadImage', `A layer of the image cannot be unpacked: ${why}.`, { cause: thrown });
}
/** What the image is not to blame for. */
const NODE_FAILURES = ['ENOSPC', 'EDQUOT', 'EIO', 'EMFILE', 'ENFILE', 'EROFS', 'EACCES', 'EPERM'];

type Entry = Extract extends AsyncIterable<infer E> ? E : never;
/** What a stranger wrote: the kind may be none that is known, and the extended header may say anything. */
type Header = Omit<TarHeader, 'type' | 'linkname' | 'pax'> & {
  type: TarHeader['type'] | null;
  linkname: string | null;
  pax?: Record<string, string> | null;
};

interface FolderAttributes {
  name: string;
  header: Header;
}

class Layer {
  /** Paths that this layer has brought, with the folders that they are in: a whiteout is about what is below. */
  readonly #added = new Set<string>();
  readonly #folders = new Map<string, FolderAttributes>();

  constructor(private readonly options: UnpackOptions) {}

  async place(entry: Entry): Promise<void> {
    const header = entry.header as Header;
    const { root } = this.options;
    this.#count();
    const name = nameOf(header.name);
    if (name !== '' && basename(name).startsWith(WHITEOUT)) await this.#whiteOut(name);
    else if (name !== '') await this.#make(name, entry);
    else this.#folders.set(root, { name, header });
    entry.resume();
  }

  /** U5 */
  async close(): Promise<void> {
    const { root } = this.options;
    for (const [path, { name, header }] of [...this.#folders].reverse()) {
      if (pathWithin(root, name, { followLast: false }) !== path) continue;
      if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) continue;
      if (this.options.keepsOwners) await chown(path, idOf(header, 'uid'), idOf(header, 'gid'));
      await chmod(path, this.#mode(header, 0o700));
      await utimes(path, ...timesOf(header));
    }
  }

  async #make(name: string, entry: Entry): Promise<void> {
    const header = entry.header as Header;
    const path = join(this.#folder(dirname(name)), basename(name));
    switch (header.type) {
      case 'directory':
        await this.#makeWay(path, true);
        mkdirSync(path, { recursive: true, mode: 0o755 });
        this.#folders.set(path, { name, header });
        break;
      case 'file':
      case 'contiguous-file':
        await this.#makeWay(path, false);
        await this.#writeFile(path, entry);
        break;
      case 'symlink':
        await this.#makeWay(path, false);
        symlinkSync(linkOf(header), path); // U2
        if (this.options.keepsOwners) await lchown(path, idOf(header, 'uid'), idOf(header, 'gid'));
        await lutimes(path, ...timesOf(header));
        break;
      case 'link':
        await this.#link(header, path);
        break;
      case 'character-device':
      case 'block-device':
      case 'fifo':
        return; // U3
      case null:
        throw bad(name, 'is of a kind that is not known');
    }
    this.#add(path);
  }

  async #writeFile(path: string, entry: Entry): Promise<void> {
    const header = entry.header as Header;
    const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants;
    const file = await open(path, O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY, 0o600); // U1
    try {
      for await (const chunk of entry as AsyncIterable<Buffer>) await file.writeFile(chunk);
      if (this.options.keepsOwners) await file.chown(idOf(header, 'uid'), idOf(header, 'gid'));
      await file.chmod(this.#mode(header, 0o600)); // after the owner: that takes bits away
      await file.utimes(...timesOf(header));
    } finally {
      await file.close();
    }
  }

  async #link(header: Header, path: string): Promise<void> {
    const name = nameOf(linkOf(header));
    const target = pathWithin(this.options.root, name, { followLast: false }); // U1
    if (target === path) return;
    const found = lstatSync(target, { throwIfNoEntry: false });
    if (found === undefined || found.isDirectory()) throw bad(header.name, `is a link to ${name}, which is no file`);
    await this.#makeWay(path, false);
    linkSync(target, path);
  }

  /** The folder of that name, made where it is not there; without a link in it (U1). */
  #folder(name: string): string {
    const path = pathWithin(this.options.root, name);
    const first = mkdirSync(path, { recursive: true });
    for (let made = path; first !== undefined && made.length >= first.length; made = dirname(made)) {
      chmodSync(made, 0o755);
      this.#count();
    }
    return path;
  }

  /** U4 */
  #count(): void {
    if (--this.options.budget.files >= 0) return;
    throw new SlipwayError('too-large', 'ImageTooLarge', 'The image has more files than it may.');
  }

  /** What a lower layer has there goes; a folder stays one. */
  async #makeWay(path: string, forFolder: boolean): Promise<void> {
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found === undefined || (forFolder && found.isDirectory())) return;
    await remove(path);
  }

  async #whiteOut(name: string): Promise<void> {
    const { root } = this.options;
    const base = basename(name);
    const folder = pathWithin(root, dirname(name));
    if (lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) return;
    if (base === OPAQUE) return this.#clear(folder);
    if (base.startsWith(META)) return;
    const hidden = base.slice(WHITEOUT.length);
    if (['', '.', '..'].includes(hidden)) throw bad(name, 'hides nothing that has a name'); // U1
    const path = join(folder, hidden);
    if (!this.#added.has(path)) await remove(path);
  }

  /** Everything that lower layers have in a folder. */
  async #clear(folder: string): Promise<void> {
    for (const name of readdirSync(folder)) {
      const path = join(folder, name);
      if (!this.#added.has(path)) await remove(path);
      else if (lstatSync(path).isDirectory()) await this.#clear(path);
    }
  }

  #add(path: string): void {
    for (let one = path; one !== this.options.root && !this.#added.has(one); one = dirname(one)) this.#added.add(one);
  }

  /** `own`: what the owner needs so that the folder can be copied and removed again. */
  #mode({ mode }: Header, own: number): number {
    return (mode & 0o7777) | (this.options.keepsOwners ? 0 : own);
  }
}

function remove(path: string): Promise<void> {
  return rm(path, { recursive: true, force: true });
}

/** `./usr//bin/` -> `usr/bin`; the root is empty (U1). */
function nameOf(text: string): string {
  const parts = text.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) throw bad(text, 'leads out of the image');
  if (text.length > MAX_PATH || text.includes('\0')) throw bad(text.slice(0, 100), 'is no name of a file');
  return parts.join('/');
}

function linkOf({ name, linkname }: Header): string {
  const target = linkname ?? '';
  if (target === '' || target.length > MAX_PATH || target.includes('\0')) throw bad(name, 'is a link to nothing');
  return target;
}

function idOf(header: Header, which: 'uid' | 'gid'): number {
  const id = Number(header.pax?.[which] ?? header[which]);
  if (Number.isSafeInteger(id) && id >= 0 && id <= MAX_ID) return id;
  throw bad(header.name, `has no possible ${which}`);
}

function timesOf({ mtime, pax }: Header): [accessed: number, changed: number] {
  const seconds = Number(pax?.['mtime'] ?? mtime.getTime() / 1000);
  const usable = Number.isFinite(seconds) && Math.abs(seconds) < 2 ** 40 ? seconds : 0;
  return [usable, usable];
}

function bad(name: string, why: string): SlipwayError {
  return new SlipwayError('invalid', 'BadImage', `The entry ${JSON.stringify(name)} of a layer ${why}.`);
}
