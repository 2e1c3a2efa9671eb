// What a user can do about git's most frequent refusals.

// prettier-ignore
const HINTS: readonly [seen: RegExp, hint: string][] = [
  [/Permission denied \(publickey/i, 'the server did not accept the ssh key; annotate an ssh-auth secret of the service account with tekton.dev/git-0: <host>'],
  [/Host key verification failed/i, 'the host key is unknown or has changed; put the right one under known_hosts in the ssh-auth secret'],
  [/could not read Username|Authentication failed|HTTP Basic: Access denied|returned error: 40[13]/i, 'the server wants credentials, or refused the ones it got; annotate a basic-auth secret of the service account with tekton.dev/git-0: <url>'],
  [/Repository not found|repository .* not found|does not appear to be a git repository|returned error: 404/i, 'there is no repository at that URL, or these credentials may not see it'],
  [/couldn't find remote ref|not our ref|revision .* not found/i, 'the repository has no such branch, tag or commit; check "revision"'],
  [/Could not resolve host/i, 'the name of the host is not known here; check the URL and the network of the pod'],
  [/Connection refused|timed out|Failed to connect/i, 'the host does not answer; check the URL, the proxy settings and the network of the pod'],
  [/SSL certificate|certificate verif/i, 'the server\'s certificate is not trusted; add its authority, or set sslVerify to "false" if you must'],
  [/transport '.*' not allowed|protocol .* not (allowed|supported)/i, 'only https, http, ssh and git are fetched from, submodules included'],
  [/No space left on device/i, 'the volume is full; set depth to "1" or give the workspace more room'],
];

export function hintFor(message: string): string | undefined {
  return HINTS.find(([seen]) => seen.test(message))?.[1];
}
