// One file through the API of a git host, for repositories that a token opens.

import { redacted, type RemoteHttp, type RemoteResponse } from '@slipway/guarded-http';
import { MAX_DOCUMENT_BYTES, SlipwayError } from '@slipway/contracts';
import type { GitFile } from './git-fetch.js';
import { unresolvable } from './resolver.js';

export interface ScmProject {
  /** `https://github.com`, without a slash at its end. The token goes to it and to nothing else. */
  server: string;
  scm: 'github' | 'gitlab' | 'gitea';
  org: string;
  repo: string;
  token: string;
}

interface Api {
  base: string;
  commit: string;
  /** Of the file at a commit. */
  file: (commit: string) => string;
  authorization: string;
  accept: string;
}

/** The commit first, then the file of that commit: a branch that moves in between changes nothing. */
export async function scmFile(
  http: RemoteHttp,
  project: ScmProject,
  revision: string,
  path: string,
  signal: AbortSignal,
): Promise<GitFile> {
  const api = apiOf(project, encodeURIComponent(revision), path);
  const ask = async (url: string, accept: string): Promise<RemoteResponse> => {
    const request = { headers: { accept }, authorization: api.authorization, maxBytes: MAX_DOCUMENT_BYTES, signal };
    const response = await http.get(`${api.base}${url}`, request);
    if (response.status === 200) return response;
    const what = `${redacted(api.base)} answers with status ${response.status}`;
    throw unresolvable(what, response.status === 404 ? 'Look at org, repo, revision and pathInRepo.' : undefined);
  };
  const { body } = await ask(api.commit, 'application/json');
  const commit = commitIn(body);
  if (commit === undefined) throw unresolvable(`${redacted(api.base)} names no commit for ${revision}`);
  return { commit, data: (await ask(api.file(commit), api.accept)).body };
}

function apiOf({ server, scm, org, repo, token }: ScmProject, revision: string, path: string): Api {
  for (const name of [org, repo]) {
    if (name === '.' || name === '..' || (name.includes('/') && scm !== 'gitlab')) {
      throw new SlipwayError('invalid', 'BadResolverParams', `"${name}" is no name of an organisation or repository`);
    }
  }
  const file = path.split('/').map(encodeURIComponent).join('/');
  const [owner, name] = [encodeURIComponent(org), encodeURIComponent(repo)];
  switch (scm) {
    case 'github': {
      const base = server === 'https://github.com' ? 'https://api.github.com' : `${server}/api/v3`;
      return {
        base: `${base}/repos/${owner}/${name}`,
        commit: `/commits/${revision}`,
        file: (commit) => `/contents/${file}?ref=${commit}`,
        authorization: `Bearer ${token}`,
        accept: 'application/vnd.github.raw+json',
      };
    }
    case 'gitlab':
      return {
        base: `${server}/api/v4/projects/${encodeURIComponent(`${org}/${repo}`)}/repository`,
        commit: `/commits/${revision}`,
        file: (commit) => `/files/${encodeURIComponent(path)}/raw?ref=${commit}`,
        authorization: `Bearer ${token}`,
        accept: '*/*',
      };
    case 'gitea':
      return {
        base: `${server}/api/v1/repos/${owner}/${name}`,
        commit: `/git/commits/${revision}`,
        file: (commit) => `/raw/${file}?ref=${commit}`,
        authorization: `token ${token}`,
        accept: '*/*',
      };
  }
}

/** `sha` of GitHub and Gitea, `id` of GitLab. */
function commitIn(body: Buffer): string | undefined {
  try {
    const { sha, id } = JSON.parse(body.toString()) as { sha?: unknown; id?: unknown };
    return [sha, id].find((text): text is string => typeof text === 'string' && /^[0-9a-f]{40,64}$/.test(text));
  } catch {
    return undefined;
  }
}
