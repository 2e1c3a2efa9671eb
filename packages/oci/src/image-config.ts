// What an image says of the processes that run in it.

import { SlipwayError } from '@slipway/contracts';
import { field } from './manifest.js';

export interface ImageConfig {
  /** `NAME=value`, in order. */
  env: string[];
  entrypoint: string[];
  cmd: string[];
  /** Empty: the root. */
  workingDir: string;
  /** `user[:group]`, each a name or a number; empty: root. */
  user: string;
  /** Digests of the unpacked layers, the lowest first. */
  diffIds: string[];
}

const MAX_WORDS = 10_000;

/** Throws `invalid`. */
export function parseImageConfig(text: string): ImageConfig {
  const whole = jsonIn(text);
  const config = field(whole, 'config');
  const user = field(config, 'User') ?? '';
  const workingDir = field(config, 'WorkingDir') ?? '';
  if (typeof user !== 'string' || typeof workingDir !== 'string') throw bad('User or WorkingDir is no text');
  if (/[\0\n]/.test(user + workingDir)) throw bad('User or WorkingDir has a line break in it');
  return {
    env: words(config, 'Env').filter((entry) => /^[^=]+=/.test(entry)),
    entrypoint: words(config, 'Entrypoint'),
    cmd: words(config, 'Cmd'),
    workingDir,
    user,
    diffIds: words(field(whole, 'rootfs'), 'diff_ids'),
  };
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw bad('it is no JSON');
  }
}

/** Older tools write `null` for none. */
function words(value: unknown, key: string): string[] {
  const list = field(value, key) ?? [];
  const isList = Array.isArray(list) && list.length <= MAX_WORDS;
  if (isList && list.every((word): word is string => typeof word === 'string' && !word.includes('\0'))) return list;
  throw bad(`${key} is no list of texts`);
}

function bad(why: string): SlipwayError {
  return new SlipwayError('invalid', 'BadImage', `The configuration of the image cannot be read: ${why}.`);
}
