// FILE, DIR and `-` on the command line become texts.

import { readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { SlipwayError } from '@slipway/contracts';
import { readDocuments, type SourceObject } from './documents.js';
import { inputError, type InputProblem } from './problems.js';

/** Reads every object of every path, in order; a folder is its YAML and JSON files by name. Throws all problems at once. */
export async function readSources(paths: readonly string[], stdin: NodeJS.ReadableStream): Promise<SourceObject[]> {
  const objects: SourceObject[] = [];
  const problems: InputProblem[] = [];
  for (const path of paths) {
    for (const file of await yamlFilesOf(path)) {
      const content = file === '-' ? await text(stdin) : await readText(file);
      const read = readDocuments(file === '-' ? 'standard input' : file, content);
      objects.push(...read.objects);
      problems.push(...read.problems);
    }
  }
  if (problems.length > 0) throw inputError(problems);
  if (objects.length === 0) {
    throw new SlipwayError('invalid', 'NothingToDo', `There is no object in ${paths.join(', ')}.`, {
      hint: 'Give a file with a PipelineRun, a TaskRun or a Build.',
    });
  }
  return objects;
}

/** The files of a path: itself, or those of a folder by name; `-` is standard input. */
export async function yamlFilesOf(path: string): Promise<string[]> {
  if (path === '-') return ['-'];
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw unreadable(path, error);
  });
  if (!found.isDirectory()) return [path];
  const names = (await readdir(path)).filter((name) => /\.(ya?ml|json)$/.test(name)).sort();
  if (names.length > 0) return names.map((name) => join(path, name));
  throw new SlipwayError('invalid', 'NothingToDo', `The folder ${path} has no .yaml, .yml or .json file.`);
}

export async function readText(file: string): Promise<string> {
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw unreadable(file, error);
  });
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new SlipwayError('invalid', 'NotText', `${file} is not UTF-8 text.`);
  }
}

function unreadable(path: string, error: NodeJS.ErrnoException): SlipwayError {
  const why =
    error.code === 'ENOENT' ? 'There is no such file or folder' : `It cannot be read (${error.code ?? error.message})`;
  return new SlipwayError('invalid', 'Unreadable', `${path}: ${why}.`, { cause: error });
}
