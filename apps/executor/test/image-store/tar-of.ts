// Tars of a few lines, for layers that a stranger might send.

import { buffer } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import { pack, type Header } from 'tar-stream';

export type TarEntry = Partial<Omit<Header, 'type'>> &
  Pick<Header, 'name'> & { type?: Header['type']; content?: string };

/** Entries in order; one with content, whose characters are bytes, is a file. */
export async function tarOf(entries: readonly TarEntry[]): Promise<Buffer> {
  const tar = pack();
  for (const { content, ...header } of entries) {
    const type = header.type ?? (content === undefined ? 'directory' : 'file');
    tar.entry({ mode: type === 'directory' ? 0o755 : 0o644, ...header, type }, Buffer.from(content ?? '', 'latin1'));
  }
  tar.finalize();
  return buffer(Readable.from(tar as AsyncIterable<Buffer>));
}

export const file = (name: string, content = name, rest: Partial<Header> = {}): TarEntry => ({
  name,
  content,
  ...rest,
});
export const folder = (name: string, rest: Partial<Header> = {}): TarEntry => ({ name, type: 'directory', ...rest });
export const link = (name: string, linkname: string): TarEntry => ({ name, type: 'symlink', linkname });
export const hardLink = (name: string, linkname: string): TarEntry => ({ name, type: 'link', linkname });
