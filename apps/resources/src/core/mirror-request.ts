// What a git step asks of the mirror cache of its node: one revision of one repository, with the step's own credentials.

import { GIT_MIRROR_PATH, SlipwayError } from '@slipway/contracts';
import { checkGitUrl, checkRevision } from './git-address.js';

/** Where the door is in the container of a git step. */
export const MIRROR_SOCKET = `${GIT_MIRROR_PATH}/socket`;

/** Header of an answer that names the commit. */
export const COMMIT_HEADER = 'x-slipway-commit';

export interface MirrorRequest {
  /** http or https, without credentials. */
  url: string;
  revision: string;
  /** The commit alone, or all of its history: in between, two fetches would cut one history in two places. */
  depth: 0 | 1;
  /** Value of an `Authorization` header. */
  authorization?: string;
}

/** Throws `invalid`. */
export function parseMirrorRequest(text: string): MirrorRequest {
  const wrong = (why: string): SlipwayError => new SlipwayError('invalid', 'MirrorRequestRefused', why);
  let given: Record<string, unknown>;
  try {
    given = JSON.parse(text) as typeof given;
  } catch {
    throw wrong('the request is not JSON');
  }
  if (typeof given !== 'object' || given === null) throw wrong('the request is no object');
  const { url, revision, depth, authorization } = given;
  if (typeof url !== 'string' || typeof revision !== 'string') throw wrong('url and revision must be texts');
  checkGitUrl(url);
  checkRevision(revision);
  if (!/^https?:\/\/[^/@?#]+\/[^@?#]*$/i.test(url)) throw wrong('the url must be http or https, without credentials');
  if (depth !== 0 && depth !== 1) throw wrong('depth must be 0 or 1');
  if (authorization === undefined) return { url, revision, depth };
  if (typeof authorization !== 'string' || !/^Basic [A-Za-z0-9+/]{1,8192}={0,2}$/.test(authorization)) {
    throw wrong('the authorization is none');
  }
  return { url, revision, depth, authorization };
}
