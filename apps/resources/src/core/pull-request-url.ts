// Where a pull request is: the address that people see, and the REST API that answers for it.

import { SlipwayError } from '@slipway/contracts';

export type Provider = 'github' | 'gitlab';

export interface PullRequestAddress {
  provider: Provider;
  /** Base URL of the API, without a slash at its end. */
  api: string;
  /** `owner/name`; of GitLab any depth of groups before the name. */
  repository: string;
  number: number;
}

/**
 * Reads the URL of a pull request, or of a GitLab merge request.
 *
 * Errors  SlipwayError('invalid', 'InvalidResource') when it is none, or when `provider` is not given and cannot be told
 *         from the host.
 */
export function pullRequestAddress(text: string, given?: string): PullRequestAddress {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw invalid(`url "${text}" is not a URL`);
  }
  if (!/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') {
    throw invalid(`url must begin with http:// or https:// and name no user`);
  }
  const provider = given ?? providerOf(url.hostname);
  if (provider !== 'github' && provider !== 'gitlab')
    throw invalid(`provider must be github or gitlab, not "${provider}"`);
  const [, repository, number] =
    (provider === 'github'
      ? /^\/([^/]+\/[^/]+)\/pull\/(\d{1,15})\/?$/
      : /^\/((?:[^/]+\/)+[^/]+?)\/merge_requests\/(\d{1,15})\/?$/
    ).exec(url.pathname.replace('/-/merge_requests/', '/merge_requests/')) ?? [];
  if (repository === undefined || number === undefined || repository.split('/').includes('..')) {
    const form = provider === 'github' ? 'OWNER/REPOSITORY/pull/NUMBER' : 'GROUP/PROJECT/merge_requests/NUMBER';
    throw invalid(`url "${text}" has not the form ${url.origin}/${form}`);
  }
  return { provider, api: apiOf(provider, url), repository: decodeURI(repository), number: Number(number) };
}

function providerOf(hostname: string): string {
  for (const provider of ['github', 'gitlab']) if (hostname.includes(provider)) return provider;
  throw invalid(`what serves ${hostname} cannot be told from its name: give the param provider, github or gitlab`);
}

/** GitHub's own API has a host of its own; everybody else's is below the site. */
function apiOf(provider: Provider, { origin, host }: URL): string {
  if (provider === 'gitlab') return `${origin}/api/v4`;
  return host === 'github.com' ? 'https://api.github.com' : `${origin}/api/v3`;
}

function invalid(message: string): SlipwayError {
  return new SlipwayError('invalid', 'InvalidResource', message);
}
