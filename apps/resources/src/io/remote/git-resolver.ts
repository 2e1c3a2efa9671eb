// The git resolver: a file of a repository at a revision.

import { SlipwayError, mirrored, type Mirror } from '@slipway/contracts';
import type { Store } from '@slipway/store';
import { checkGitUrl, checkRevision } from '../../core/git-address.js';
import { repositoryPath } from '../../core/repository-path.js';
import { fetchGitFile, type GitFile } from './git-fetch.js';
import type { GitTarget } from './remote-git.js';
import { basicAuth, httpUrl, redacted, type RemoteHttp, type NetworkGuard } from '@slipway/guarded-http';
import type { Fetched, Resolver } from './resolver.js';
import { scmFile } from './scm-file.js';
import { secretValue } from './tenant-secrets.js';

export interface GitResolverOptions {
  store: Pick<Store, 'get'>;
  guard: NetworkGuard;
  http: RemoteHttp;
  mirrors: readonly Mirror[];
  /** The operator's settings for git. */
  settings: GitTarget['settings'];
  programPath: string;
}

const DEFAULT_REVISION = 'main';
/** What git says of an answer with a redirect, when it may follow none. */
const REDIRECTED = /returned error: 30[12378]/;
const ADVERTISEMENT = '/info/refs?service=git-upload-pack';
const SCM_TYPES = ['github', 'gitlab', 'gitea'] as const;
const SERVERS = { github: 'https://github.com', gitlab: 'https://gitlab.com', gitea: 'https://gitea.com' };

export function gitResolver(options: GitResolverOptions): Resolver {
  return async (params, { namespace, signal }) => {
    const url = params.optional('url');
    const [org, repo] = [params.optional('org'), params.optional('repo')];
    const revision = params.optional('revision') ?? DEFAULT_REVISION;
    const path = params.required('pathInRepo');
    const scm = params.oneOf('scmType', SCM_TYPES, 'github');
    const token = params.optional('token');
    const gitToken = params.optional('gitToken');
    if ((url === undefined) === (repo === undefined)) params.problem('give either "url" or "repo" with "org"');
    if (repo !== undefined && org === undefined) params.problem('"repo" needs "org"');
    params.done();
    checkRevision(revision);
    const file = repositoryPath(path);
    const server = (params.optional('serverURL') ?? SERVERS[scm]).replace(/\/+$/, '');
    if (url === undefined && token !== undefined) {
      const secret = await secretValue(options.store, namespace, token, params.optional('tokenKey') ?? 'token');
      httpUrl(server);
      const project = { server, scm, org: org!, repo: repo!, token: secret.trim() };
      return fetched(
        `${server}/${org}/${repo}.git`,
        file,
        await scmFile(options.http, project, revision, file, signal),
      );
    }
    const address = url ?? `${server}/${org}/${repo}.git`;
    checkAddress(address);
    const secret =
      gitToken === undefined
        ? undefined
        : await secretValue(options.store, namespace, gitToken, params.optional('gitTokenKey') ?? 'token');
    return fetched(address, file, await fetchFollowing(options, address, secret?.trim(), revision, file, signal));
  };
}

/** Fetches; where the server sends git elsewhere, finds out where that is, hop by checked hop, and fetches from there. */
async function fetchFollowing(
  options: GitResolverOptions,
  url: string,
  token: string | undefined,
  revision: string,
  file: string,
  signal: AbortSignal,
): Promise<GitFile> {
  try {
    return await fetchGitFile(await targetOf(options, url, token), revision, file, signal);
  } catch (thrown) {
    if (!(thrown instanceof SlipwayError) || !REDIRECTED.test(thrown.message)) throw thrown;
    const authorization = token === undefined ? undefined : basicAuth('git', token);
    const asked = await options.http.finalUrl(`${url}${ADVERTISEMENT}`, { authorization, signal });
    if (!asked.endsWith(ADVERTISEMENT)) throw thrown;
    const moved = asked.slice(0, -ADVERTISEMENT.length);
    const isSameOrigin = new URL(moved).origin === new URL(url).origin;
    return fetchGitFile(await targetOf(options, moved, isSameOrigin ? token : undefined), revision, file, signal);
  }
}

/** Throws `invalid`. Other protocols than http(s) would need keys, and cannot be held to an address that was checked. */
function checkAddress(url: string): void {
  checkGitUrl(url);
  if (!/^https?:\/\//i.test(url)) {
    const message = `the git URL "${url}" is refused: the git resolver fetches over https and http only`;
    throw new SlipwayError('invalid', 'GitUrlRefused', message, {
      hint: 'Use the https:// address of the repository.',
    });
  }
  httpUrl(url);
}

async function targetOf(
  { guard, mirrors, settings, programPath }: GitResolverOptions,
  url: string,
  token: string | undefined,
): Promise<GitTarget> {
  const target = mirrored(url, mirrors);
  const addresses = await guard.addressesOf(httpUrl(target.url).hostname, target.isMirror);
  const authorization = token === undefined || target.isMirror ? undefined : basicAuth('git', token);
  return { url: target.url, addresses, authorization, settings, programPath };
}

function fetched(url: string, path: string, { commit, data }: { commit: string; data: Buffer }): Fetched {
  const uri = `git+${redacted(url)}`;
  return {
    data,
    refSource: { uri, digest: { sha1: commit }, entryPoint: path },
    annotations: {
      'resolution.tekton.dev/content-type': 'application/x-yaml',
      'resolution.tekton.dev/revision': commit,
      'resolution.tekton.dev/path': path,
      'resolution.tekton.dev/url': redacted(url),
    },
  };
}
