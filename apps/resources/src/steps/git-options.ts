// The arguments of git-init: Go's flag syntax, as Tekton's program of that name has it.

import { asSlipwayError } from '@slipway/contracts';
import { checkGitUrl, checkRevision, splitRefspecs } from '../core/git-address.js';

export interface Options {
  url: string;
  revision: string | undefined;
  refspecs: string[];
  path: string;
  sslVerify: boolean;
  submodules: boolean;
  /** Commits to fetch; 0 is all of them. */
  depth: number;
  terminationMessagePath: string;
  /** The PipelineResource that the report is about. */
  resourceName: string | undefined;
}

const BOOLEANS = ['sslVerify', 'submodules'];
const TEXTS = ['url', 'revision', 'refspec', 'path', 'depth', 'terminationMessagePath'];

/** The options, or the one sentence that says what is wrong with the arguments. */
export function parseFlags(args: readonly string[], env: NodeJS.ProcessEnv): Options | string {
  const given: Record<string, string> = {};
  for (let i = 0; i < args.length; i++) {
    const flag = /^--?([A-Za-z]+)(?:=(.*))?$/s.exec(args[i]!);
    const name = flag?.[1];
    if (flag === null || name === undefined) return `unexpected argument ${JSON.stringify(args[i])}`;
    if (BOOLEANS.includes(name)) given[name] = flag[2] ?? 'true';
    else if (!TEXTS.includes(name)) return `unknown flag -${name}`;
    else if (flag[2] !== undefined) given[name] = flag[2];
    else if (i + 1 < args.length) given[name] = args[++i]!;
    else return `flag -${name} needs a value`;
  }
  const { url = '', path = '', depth = '1' } = given;
  const revision = given['revision'] === '' ? undefined : given['revision'];
  let refspecs: string[];
  try {
    checkGitUrl(url);
    if (revision !== undefined) checkRevision(revision);
    refspecs = splitRefspecs(given['refspec'] ?? '');
  } catch (error) {
    return asSlipwayError(error).message;
  }
  if (!path.startsWith('/') || path.split('/').includes('..'))
    return `-path must be absolute and without "..", not "${path}"`;
  if (!/^\d{1,9}$/.test(depth)) return `-depth must be a number, not "${depth}"`;
  return {
    url,
    revision,
    refspecs,
    path,
    sslVerify: given['sslVerify'] !== 'false',
    submodules: given['submodules'] !== 'false',
    depth: Number(depth),
    terminationMessagePath: given['terminationMessagePath'] ?? '/tekton/termination',
    resourceName: env['TEKTON_RESOURCE_NAME'],
  };
}
