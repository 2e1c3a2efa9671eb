import { pullRequestAddress } from './pull-request-url.js';

// prettier-ignore
const addresses: [url: string, provider: string | undefined, then: object][] = [
  ['https://github.com/tektoncd/pipeline/pull/100', undefined, { provider: 'github', api: 'https://api.github.com', repository: 'tektoncd/pipeline', number: 100 }],
  ['https://github.corp.example/a/b/pull/1', undefined, { provider: 'github', api: 'https://github.corp.example/api/v3', repository: 'a/b', number: 1 }],
  ['https://git.example:8443/a/b/pull/1', 'github', { provider: 'github', api: 'https://git.example:8443/api/v3', repository: 'a/b', number: 1 }],
  ['https://gitlab.com/group/sub/project/-/merge_requests/12', undefined, { provider: 'gitlab', api: 'https://gitlab.com/api/v4', repository: 'group/sub/project', number: 12 }],
  ['https://gitlab.example/group/project/merge_requests/12', undefined, { provider: 'gitlab', api: 'https://gitlab.example/api/v4', repository: 'group/project', number: 12 }],
];
test.each(addresses)('pullRequestAddress reads %s', (url, provider, then) => {
  expect(pullRequestAddress(url, provider)).toEqual(then);
});

// prettier-ignore
const refused: [url: string, provider: string | undefined, problem: RegExp][] = [
  ['', undefined, /is not a URL/],
  ['file:///etc/passwd', 'github', /must begin with http/],
  ['https://me:secret@github.com/a/b/pull/1', undefined, /name no user/],
  ['https://git.example/a/b/pull/1', undefined, /give the param provider/],
  ['https://git.example/a/b/pull/1', 'gitea', /must be github or gitlab/],
  ['https://github.com/a/b/issues/1', undefined, /has not the form .*OWNER\/REPOSITORY\/pull\/NUMBER/],
  ['https://github.com/a/b/pull/x', undefined, /has not the form/],
  ['https://gitlab.com/b/merge_requests/1', undefined, /has not the form/],
];
test.each(refused)('pullRequestAddress refuses %s', (url, provider, problem) => {
  expect(() => pullRequestAddress(url, provider)).toThrow(problem);
});
