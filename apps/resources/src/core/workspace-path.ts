import { SlipwayError } from '@slipway/contracts';

const ROOT = '/workspace';

/**
 * A path of a resource as an absolute one below /workspace; relative ones count from there.
 *
 * Errors  SlipwayError('invalid', 'InvalidResource') when it leads out of /workspace, or is /workspace itself and must not be.
 */
export function contained(path: string, resource: string, mayBeRoot = false): string {
  const parts: string[] = [];
  const absolute = path.startsWith('/') ? path : `${ROOT}/${path}`;
  for (const part of absolute.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') parts.pop();
    else parts.push(part);
  }
  const clean = `/${parts.join('/')}`;

  const isInside = clean.startsWith(`${ROOT}/`) || (mayBeRoot && clean === ROOT);
  if (!isInside || /[\u0000-\u001f]/.test(clean)) {
    throw new SlipwayError(
      'invalid',
      'InvalidResource',
      `the path "${path}" of resource "${resource}" is not below ${ROOT}`,
    );
  }
  return clean;
}
