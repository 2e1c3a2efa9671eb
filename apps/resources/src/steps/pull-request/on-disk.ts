// The files of a pull request:
//
//   pr.json base.json head.json
//   labels/<label>            empty
//   status/<status>.json
//   comments/<id>.json        anything else there is a new comment: JSON with a Body, or its plain text
//
// Names are escaped as in the query of a URL. `.MANIFEST` beside labels and comments lists those that were there at first:
// by it a removed one is told from one that came later. What is read was left by a task: no link is followed, nothing that
// is no file is read, and sizes are bounded.

import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readSync,
  readdirSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type {
  ScmComment,
  ScmPullRequest,
  ScmStatus,
  WantedComment,
  WantedPullRequest,
  WantedStatus,
} from '../../core/pull-request-shape.js';

const MANIFEST = '.MANIFEST';
const MAX_FILE_BYTES = 1 << 20;
const MAX_FILES = 10_000;
const MODE = 0o644;

export function writePullRequest(
  folder: string,
  pull: ScmPullRequest,
  comments: readonly ScmComment[],
  statuses: readonly ScmStatus[],
): void {
  const write = (path: string, content: string): void => writeFileSync(join(folder, path), content, { mode: MODE });
  for (const part of ['labels', 'comments', 'status']) mkdirSync(join(folder, part), { recursive: true });
  write('pr.json', JSON.stringify(pull));
  write('base.json', JSON.stringify(pull.Base));
  write('head.json', JSON.stringify(pull.Head));
  for (const { Name } of pull.Labels) write(`labels/${escaped(Name)}`, '');
  write(`labels/${MANIFEST}`, JSON.stringify(pull.Labels.map(({ Name }) => Name)));
  for (const comment of comments) write(`comments/${comment.ID}.json`, JSON.stringify(comment));
  write(`comments/${MANIFEST}`, JSON.stringify(comments.map(({ ID }) => String(ID))));
  for (const status of statuses) write(`status/${escaped(status.Label)}.json`, JSON.stringify(status));
}

/** What a task left. Throws an Error that names the file which cannot be understood. */
export function readPullRequest(folder: string): WantedPullRequest {
  const labels = namesIn(folder, 'labels');
  const comments = namesIn(folder, 'comments');
  const statuses = namesIn(folder, 'status');
  return {
    labels: labels && { wanted: labels.map(unescaped), known: manifestOf(folder, 'labels') },
    comments: comments && {
      wanted: comments.map((name) => commentOf(textOf(folder, `comments/${name}`))),
      known: manifestOf(folder, 'comments'),
    },
    statuses: statuses?.map((name) => statusOf(textOf(folder, `status/${name}`), `status/${name}`)),
    sha: shaIn(folder),
  };
}

/** Go's url.QueryEscape; never a name that means something else to a file system, or to us. */
function escaped(name: string): string {
  const hex = (char: string): string => `%${char.charCodeAt(0).toString(16).toUpperCase()}`;
  return encodeURIComponent(name)
    .replaceAll(/[!'()*]/g, hex)
    .replaceAll('%20', '+')
    .replace(/^\./, '%2E');
}

function unescaped(name: string): string {
  try {
    return decodeURIComponent(name.replaceAll('+', ' '));
  } catch {
    throw new Error(`labels/${name}: the name is not escaped as in a URL`);
  }
}

function namesIn(folder: string, part: string): string[] | undefined {
  let names: string[];
  const path = join(folder, part);
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) throw new Error(`${part} is a link`);
  try {
    names = readdirSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Error(`${part}: ${(error as NodeJS.ErrnoException).code}`);
  }
  if (names.length > MAX_FILES) throw new Error(`${part} has more than ${MAX_FILES} files`);
  return names.filter((name) => name !== MANIFEST).sort();
}

function manifestOf(folder: string, part: string): string[] {
  const text = textIfThere(folder, `${part}/${MANIFEST}`);
  try {
    const names: unknown = JSON.parse(text ?? '[]');
    if (Array.isArray(names) && names.every((name) => typeof name === 'string')) return names;
  } catch {
    // said below
  }
  throw new Error(`${part}/${MANIFEST} is not a list of names`);
}

function commentOf(text: string): WantedComment {
  try {
    const { ID, Body } = JSON.parse(text) as { ID?: unknown; Body?: unknown };
    if (typeof Body === 'string') return { id: typeof ID === 'number' && ID > 0 ? ID : undefined, body: Body };
  } catch {
    // plain text
  }
  return { id: undefined, body: text };
}

function statusOf(text: string, name: string): WantedStatus {
  let status: Partial<Record<keyof ScmStatus, unknown>>;
  try {
    status = JSON.parse(text) as typeof status;
  } catch {
    throw new Error(`${name} is not JSON`);
  }
  const { Label, State, Desc, Target } = status ?? {};
  const isText = (value: unknown): boolean => value === undefined || typeof value === 'string';
  if (typeof Label !== 'string' || Label === '' || typeof State !== 'string' || !isText(Desc) || !isText(Target)) {
    throw new Error(`${name} must have a Label and a State, and may have Desc and Target, all texts`);
  }
  return status as WantedStatus;
}

function shaIn(folder: string): string | undefined {
  const text = textIfThere(folder, 'head.json');
  if (text === undefined) return undefined;
  try {
    const { Sha } = JSON.parse(text) as { Sha?: unknown };
    if (typeof Sha === 'string' && /^[0-9a-f]{40,64}$/.test(Sha)) return Sha;
  } catch {
    // said below
  }
  throw new Error('head.json has no commit as its Sha');
}

function textIfThere(folder: string, path: string): string | undefined {
  try {
    return textOf(folder, path);
  } catch (error) {
    if ((error as Error).message === `${path}: ENOENT`) return undefined;
    throw error;
  }
}

function textOf(folder: string, path: string): string {
  let file: number;
  try {
    file = openSync(join(folder, path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    throw new Error(`${path}: ${(error as NodeJS.ErrnoException).code}`);
  }
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) throw new Error(`${path} is not a file`);
    if (stat.size > MAX_FILE_BYTES) throw new Error(`${path} is larger than 1 MiB`);
    const bytes = Buffer.alloc(stat.size);
    return bytes.toString('utf8', 0, readSync(file, bytes, 0, stat.size, 0));
  } finally {
    closeSync(file);
  }
}
