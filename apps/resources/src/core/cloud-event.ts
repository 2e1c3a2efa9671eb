// A cloudEvent output: where the end of the TaskRun is told.

import { invalid, param, type BoundResource } from './bound-resource.js';

/**
 * The target, checked. It shows in the status of the run, so nothing secret may be in it.
 *
 * Errors  SlipwayError('invalid', 'InvalidResource') when it is no http or https URL, or names a user.
 */
export function cloudEventTarget({ resourceName, spec }: BoundResource): string {
  const target = param(spec, 'targetURI') ?? '';
  let url: URL;
  try {
    url = new URL(target);
  } catch {
    throw invalid(`cloudEvent resource "${resourceName}": targetURI "${target}" is not a URL`);
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw invalid(`cloudEvent resource "${resourceName}": targetURI must begin with http:// or https://`);
  }
  if (url.username !== '' || url.password !== '') {
    throw invalid(`cloudEvent resource "${resourceName}": targetURI must not hold a user or a password`);
  }
  return target;
}
