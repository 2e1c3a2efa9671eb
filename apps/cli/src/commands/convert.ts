import { mkdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import { text } from 'node:stream/consumers';
import { SlipwayError } from '@slipway/contracts';
import { convertFiles, type Conversion } from '../convert/convert.js';
import { safeLine } from '../core/escapes.js';
import { EXIT } from '../exit-code.js';
import { inputError, placeText, type InputProblem } from '../input/problems.js';
import { yamlFilesOf, readText } from '../input/sources.js';
import { notWritten } from '../not-written.js';
import type { Terminal } from '../terminal.js';

export interface ConvertCommandOptions {
  /** Folder that the converted files go to, under their own names. */
  output?: string;
  inPlace?: boolean;
  sharedNamespace: string;
}

/** `slipway convert FILE…`: prints, or writes, the files in tekton.dev/v1; exits 1 when something is left to be done by hand. */
export async function convert(paths: string[], options: ConvertCommandOptions, terminal: Terminal): Promise<number> {
  if (options.inPlace === true && (options.output !== undefined || paths.includes('-'))) {
    throw new SlipwayError('invalid', 'BadOptions', '--in-place writes to the files that were read.', {
      hint: 'Give files, and no --output.',
    });
  }
  const files = [];
  for (const root of paths) {
    for (const name of await yamlFilesOf(root)) {
      const content = name === '-' ? await text(terminal.stdin) : await readText(name);
      files.push({ name: name === '-' ? 'standard input' : name, text: content, root });
    }
  }
  const conversion = convertFiles(files, options);
  if (conversion.notYaml.length > 0) throw inputError(conversion.notYaml);
  await write(files, conversion, options, terminal);
  for (const problem of conversion.problems) terminal.err(`${safeLine(problemText(problem), terminal.colors)}\n`);
  return conversion.problems.length === 0 ? EXIT.succeeded : EXIT.failed;
}

async function write(
  read: readonly { name: string; text: string; root: string }[],
  { files }: Conversion,
  { output, inPlace }: ConvertCommandOptions,
  terminal: Terminal,
): Promise<void> {
  if (output === undefined && inPlace !== true) {
    terminal.out(files.map((file) => file.text).reduce(joined, ''));
    return;
  }
  for (const [index, file] of files.entries()) {
    const { name, text: before, root } = read[index]!;
    if (output === undefined && file.text === before) continue;
    const path = output === undefined ? name : join(output, nameBelow(root, name));
    await mkdir(dirname(path), { recursive: true }).catch(notWritten(dirname(path)));
    await writeFile(path, file.text).catch(notWritten(path));
  }
}

/** Files one after the other are one stream of documents. */
function joined(before: string, next: string): string {
  if (before === '' || next === '') return before + next;
  const end = before.endsWith('\n') ? '' : '\n';
  return next.startsWith('---') ? before + end + next : `${before}${end}---\n${next}`;
}

function nameBelow(root: string, name: string): string {
  if (name === 'standard input') return 'stdin.yaml';
  const below = relative(root, name);
  return below === '' || below.startsWith(`..${sep}`) ? basename(name) : below;
}

function problemText({ place, message, hint }: InputProblem): string {
  return `${placeText(place)}: ${message}${/[.!?]$/.test(message) ? '' : '.'}${hint === undefined ? '' : ` ${hint}`}`;
}
