// Why git failed, from what it says in the C locale: a word for programs, and for people what they can do about it.
//
// Rows are ordered, the first that matches decides: what names a cause stands before what only names its consequence.

import { SlipwayError } from '@slipway/contracts';

export interface GitCircumstances {
  /** Of the URL that was fetched. */
  protocol: 'http' | 'ssh' | 'other';
  /** Whether the home has a key for ssh. */
  hasSshKey: boolean;
}

export interface GitFailure {
  reason: string;
  hint: string;
  /** The far side, and not the request, is at fault: the same again may succeed. */
  passing: boolean;
}

interface Row {
  reason: string;
  said: RegExp;
  when?: (circumstances: GitCircumstances) => boolean;
  hint: string;
  passing?: true;
}

const SECRET = 'of the service account with tekton.dev/git-0';

// prettier-ignore
const ROWS: readonly Row[] = [
  { reason: 'GitMissing', said: /git cannot be run/, hint: 'Use an image that has git.' },
  { reason: 'GitProtocolRefused', said: /transport '.*' not allowed|protocol .* (is )?not (allowed|supported)|URL scheme .* (is )?not allowed/i, hint: 'Only https, http, ssh and git are fetched from, by submodules and redirects, too.' },
  { reason: 'GitRedirectRefused', said: /unable to update url base from redirection|returned error: 30\d/i, hint: 'The server sends elsewhere; use the address that it sends to.' },

  { reason: 'GitUrlRefused', said: /strange (hostname|pathname) .* blocked|host(name)? .* (begins|starts) with/i, hint: 'Use https://, ssh://, git:// or user@host:path.' },

  // ssh
  { reason: 'GitHostKeyChanged', said: /REMOTE HOST IDENTIFICATION HAS CHANGED|host key for .* has changed/i, hint: 'The host has another key than known_hosts says. Make sure that it is the right host, then correct known_hosts in the ssh-auth secret.' },
  { reason: 'GitHostKeyUnknown', said: /Host key verification failed|No .* host key is known for/i, hint: 'Put the key of the host under known_hosts in the ssh-auth secret.' },
  { reason: 'GitSSHAuthExpected', said: /Permission denied \(.*publickey/i, when: ({ hasSshKey }) => !hasSshKey, hint: `The server wants an ssh key and there is none. Annotate an ssh-auth secret ${SECRET}: <host>.` },
  { reason: 'GitSSHAuthInvalid', said: /Permission denied \(.*publickey|Load key .*: |Too many authentication failures/i, hint: `The server did not accept the ssh key. Check that the key may read the repository, and that its secret is annotated for this host.` },

  // credentials
  { reason: 'GitSSHAuthUnexpected', said: /could not read (Username|Password)/i, when: ({ protocol, hasSshKey }) => protocol === 'http' && hasSshKey, hint: 'The credentials are an ssh key and the URL is http: write it as git@host:path, or give a basic-auth secret.' },
  { reason: 'GitAuthMissing', said: /could not read (Username|Password)/i, hint: `The server wants credentials and there are none for this URL. Annotate a basic-auth secret ${SECRET}: <url>. The repository may also not exist: many servers do not tell.` },
  { reason: 'GitAuthInvalid', said: /Authentication failed|HTTP Basic: Access denied|invalid (credentials|username or password)|returned error: 401/i, hint: 'The server refused the credentials. Check user and password or token in the basic-auth secret.' },
  { reason: 'GitAuthForbidden', said: /returned error: 403|access (denied|forbidden)/i, hint: 'The credentials are known to the server, and may not read this repository.' },

  // what is wanted
  { reason: 'GitRevisionNotFound', said: /couldn't find remote ref|not our ref|unadvertised object|no such remote ref|revision .* not found|reference is not a tree|Fetched in submodule path .* but it did not contain/i, hint: 'The repository has no such branch, tag or commit. Check the revision; a commit needs all its digits.' },
  { reason: 'GitRepositoryNotFound', said: /repository .*not found|does not appear to be a git repository|returned error: (404|410)|info\/refs not valid|The project you were looking for could not be found/i, hint: 'There is no repository at this URL, or the credentials may not see it.' },

  // the way there
  { reason: 'GitHostUnknown', said: /Could not resolve (host|proxy)|Name or service not known|Temporary failure in name resolution/i, hint: 'The name of the host is not known here. Check the URL and the network of the pod.', passing: true },
  { reason: 'GitTlsInvalid', said: /SSL certificate|certificate (verif|problem)|server verification failed|certificate subject name|gnutls_handshake|SSL_(connect|read)|TLS connect error/i, hint: 'The certificate of the server is not trusted. Add its authority, or set sslVerify to "false" if you must.' },
  { reason: 'GitRateLimited', said: /returned error: 429|rate limit/i, hint: 'The server wants fewer requests. Try later, or with credentials.', passing: true },
  { reason: 'GitHostUnreachable', said: /Connection refused|timed out|Failed to connect|Could(n't| not) connect|No route to host|Network is unreachable|Operation too slow/i, hint: 'The host does not answer. Check the URL, the proxy settings and the network of the pod.', passing: true },
  { reason: 'GitContentRefused', said: /fsck error|disallowed submodule|suspicious submodule|invalid path '|hash mismatch|refusing to (create|work with)|submodule.*is inside git dir|badly formed|missing email|Invalid submodule/i, hint: 'The repository has content that git holds to be harmful or broken; look at it with git fsck.' },
  { reason: 'GitVolumeFull', said: /No space left on device|Disk quota exceeded|File too large|signal 25|file size limit/i, hint: 'The volume is full. Keep depth at 1, use a sparse checkout, or give the workspace more room.' },
  { reason: 'GitServerFailed', said: /returned error: 5\d\d|RPC failed|early EOF|unexpected disconnect|Connection reset|hung up unexpectedly|Connection closed by|bad band|protocol error/i, hint: 'The server broke off. It may be overloaded; try again.', passing: true },
  { reason: 'GitFolderUnwritable', said: /could not create (work tree|leading director)|unable to (create|write) .*(Permission denied|Read-only file system)|insufficient permission|cannot mkdir|Permission denied|Read-only file system/i, hint: 'The folder cannot be written by the user of the step.' },
];

const OTHER: GitFailure = { reason: 'GitFailed', hint: 'The log of the step has what git said.', passing: false };

export function gitFailure(said: string, circumstances: GitCircumstances): GitFailure {
  const row = ROWS.find(({ said: pattern, when }) => pattern.test(said) && (when?.(circumstances) ?? true));
  return row === undefined ? OTHER : { reason: row.reason, hint: row.hint, passing: row.passing === true };
}

/** The same as the error that a step ends with. `said` has nothing secret any more. */
export function gitError(said: string, circumstances: GitCircumstances): SlipwayError {
  const { reason, hint } = gitFailure(said, circumstances);
  return new SlipwayError('invalid', reason, summary(said), { hint });
}

/** The lines in which git names the cause, without what it says to every failure. */
function summary(said: string): string {
  const lines = said.split('\n').map((line) => line.replace(/[\x00-\x1f\x7f]+/g, ' ').trim());
  const telling = lines.filter((line) =>
    /^(fatal|error|remote|ERROR|ssh|git|batch response)\b.*:|denied|verification failed/.test(line),
  );
  const kept = telling.filter((line) => !/Could not read from remote repository|^remote:\s*$/.test(line));
  const shown = kept.length > 0 ? kept.slice(0, 3) : lines.filter((line) => line !== '').slice(-2);
  return shown.join('; ').slice(0, 500);
}
