// A path in a repository: relative, and without a way out. It is looked up in git's objects, never in a file system.

import { SlipwayError } from '@slipway/contracts';

/** The path without leading slashes and `./`. Throws `invalid` for `..`, `.git` and what is no path at all. */
export function repositoryPath(text: string): string {
  const refuse = (why: string): never => {
    throw new SlipwayError('invalid', 'PathRefused', `the path ${JSON.stringify(text)} in the repository ${why}`);
  };
  if (text.length > 4096 || /[\x00-\x1f\x7f\\]/.test(text)) refuse('is too long or has characters that no path has');
  const parts = text.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.length === 0) refuse('names no file');
  if (parts.includes('..')) refuse('leads out of it');
  if (parts.some((part) => part.toLowerCase() === '.git')) refuse('leads into git itself');
  return parts.join('/');
}
