// The arguments of git-init: Go's flag syntax, as Tekton's program of that name has it, and what it lacks.

import { durationMs, SlipwayError } from '@slipway/contracts';
import { checkGitUrl, checkRevision, splitRefspecs } from '../../core/git-address.js';

export interface Options {
  url: string;
  revision: string | undefined;
  refspecs: string[];
  /** As it was given; relative to the working directory. */
  path: string;
  /** Whether everything in the folder goes first. */
  deleteExisting: boolean;
  sslVerify: boolean;
  submodules: boolean;
  /** Only these submodules; empty is all of them. */
  submodulePaths: string[];
  /** Commits to fetch; 0 is all of them. */
  depth: number;
  /** Folders or patterns of the work tree; empty is all of it. */
  sparse: string[];
  /** Of a partial clone: `blob:none` and the like. */
  filter: string | undefined;
  /** `auto`: when the repository has LFS files and git-lfs is there. */
  lfs: 'auto' | 'always' | 'never';
  retry: Retry;
  /** Whether a failure is explained, or shown as git has it. */
  friendlyErrors: boolean;
  terminationMessagePath: string;
  /** The PipelineResource that the report is about. */
  resourceName: string | undefined;
}

export interface Retry {
  initialMs: number;
  maxMs: number;
  factor: number;
  attempts: number;
}

const BOOLEANS = ['sslVerify', 'submodules', 'userFriendlyErrors', 'deleteExisting'];
const TEXTS = [
  ...['url', 'revision', 'refspec', 'path', 'depth', 'submodulePaths', 'sparseCheckoutDirectories', 'filter', 'lfs'],
  ...['terminationMessagePath', 'retryInitial', 'retryMax', 'retryFactor', 'retryMaxAttempts'],
];
const LFS = { auto: 'auto', true: 'always', false: 'never' } as const;
const FILTER = /^(blob:none|blob:limit=\d{1,12}[kmg]?|tree:\d{1,4})$/;

/** Throws `invalid` with the one sentence that says what is wrong with the arguments. */
export function parseFlags(args: readonly string[], env: NodeJS.ProcessEnv): Options {
  const given = flagsOf(args);
  const text = (name: string): string => given[name] ?? '';
  const revision = text('revision') === '' ? undefined : text('revision');
  checkGitUrl(text('url'));
  if (revision !== undefined) checkRevision(revision);
  const path = text('path') || '.';
  if (path.split('/').includes('..') || path.includes('\0')) throw wrong(`-path must be without "..", not "${path}"`);
  const filter = text('filter') === '' ? undefined : text('filter');
  if (filter !== undefined && !FILTER.test(filter)) throw wrong(`-filter is no filter of git: "${filter}"`);
  const lfs = LFS[(text('lfs') || 'auto') as keyof typeof LFS];
  if (lfs === undefined) throw wrong(`-lfs must be auto, true or false, not "${text('lfs')}"`);
  return {
    url: text('url'),
    revision,
    refspecs: splitRefspecs(text('refspec')),
    path,
    deleteExisting: given['deleteExisting'] === 'true',
    sslVerify: given['sslVerify'] !== 'false',
    submodules: given['submodules'] !== 'false',
    submodulePaths: listOf('submodulePaths', text('submodulePaths')),
    depth: whole('depth', text('depth') || '1'),
    sparse: listOf('sparseCheckoutDirectories', text('sparseCheckoutDirectories')),
    filter,
    lfs,
    retry: {
      initialMs: duration('retryInitial', text('retryInitial') || '1s'),
      maxMs: duration('retryMax', text('retryMax') || '10s'),
      factor: decimal('retryFactor', text('retryFactor') || '2'),
      attempts: Math.max(1, whole('retryMaxAttempts', text('retryMaxAttempts') || '4')),
    },
    friendlyErrors: given['userFriendlyErrors'] !== 'false',
    terminationMessagePath: text('terminationMessagePath') || '/tekton/termination',
    resourceName: env['TEKTON_RESOURCE_NAME'],
  };
}

function flagsOf(args: readonly string[]): Record<string, string> {
  const given: Record<string, string> = {};
  for (let i = 0; i < args.length; i++) {
    const [, name, value] = /^--?([A-Za-z]+)(?:=(.*))?$/s.exec(args[i]!) ?? [];
    if (name === undefined) throw wrong(`unexpected argument ${JSON.stringify(args[i])}`);
    if (BOOLEANS.includes(name)) given[name] = booleanOf(name, value ?? 'true');
    else if (!TEXTS.includes(name)) throw wrong(`unknown flag -${name}`);
    else if (value !== undefined) given[name] = value;
    else if (i + 1 < args.length) given[name] = args[++i]!;
    else throw wrong(`flag -${name} needs a value`);
  }
  return given;
}

/** Go's words for yes and no. */
function booleanOf(name: string, value: string): string {
  if (/^(1|t|true)$/i.test(value)) return 'true';
  if (/^(0|f|false)$/i.test(value)) return 'false';
  throw wrong(`flag -${name} must be true or false, not "${value}"`);
}

/** Paths with commas between them. */
function listOf(name: string, text: string): string[] {
  const entries = text.split(',').map((entry) => entry.trim());
  const bad = entries.find(
    (entry) => entry.startsWith('-') || entry.split('/').includes('..') || /[\0-\x1f]/.test(entry),
  );
  if (bad !== undefined) throw wrong(`-${name} has ${JSON.stringify(bad)}, which is no path in a repository`);
  return entries.filter((entry) => entry !== '');
}

function whole(name: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw wrong(`-${name} must be a whole number, not "${text}"`);
  return Number(text);
}

function decimal(name: string, text: string): number {
  if (!/^\d{1,4}(\.\d{1,6})?$/.test(text)) throw wrong(`-${name} must be a number, not "${text}"`);
  return Math.max(1, Number(text));
}

function duration(name: string, text: string): number {
  const ms = durationMs(text);
  if (ms === undefined || ms < 0) throw wrong(`-${name} must be a duration such as 1s, not "${text}"`);
  return ms;
}

function wrong(message: string): SlipwayError {
  return new SlipwayError('invalid', 'GitArgumentRefused', message);
}
