import { gitError, gitFailure, type GitCircumstances } from './git-failures.js';

const HTTP: GitCircumstances = { protocol: 'http', hasSshKey: false };
const SSH: GitCircumstances = { protocol: 'ssh', hasSshKey: true };

// What git 2.39 and OpenSSH 9.2 say; those that a server can be made to say are proven in test/git-failures.int-spec.ts.
// prettier-ignore
const table: [reason: string, said: string, circumstances?: GitCircumstances][] = [
  ['GitAuthMissing', "fatal: could not read Username for 'https://h': terminal prompts disabled"],
  ['GitSSHAuthUnexpected', "fatal: could not read Username for 'https://h': terminal prompts disabled", { protocol: 'http', hasSshKey: true }],
  ['GitAuthInvalid', "remote: HTTP Basic: Access denied\nfatal: Authentication failed for 'https://h/x.git/'"],
  ['GitAuthForbidden', "fatal: unable to access 'https://h/x.git/': The requested URL returned error: 403"],
  ['GitSSHAuthInvalid', 'git@h: Permission denied (publickey).\nfatal: Could not read from remote repository.', SSH],
  ['GitSSHAuthExpected', 'git@h: Permission denied (publickey,password).', { protocol: 'ssh', hasSshKey: false }],
  ['GitHostKeyUnknown', 'No ED25519 host key is known for h and you have requested strict checking.\nHost key verification failed.', SSH],
  ['GitHostKeyChanged', '@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\nHost key verification failed.', SSH],
  ['GitRepositoryNotFound', "remote: Not Found\nfatal: repository 'https://h/x.git/' not found"],
  ['GitRepositoryNotFound', "fatal: '/x.git' does not appear to be a git repository\nfatal: Could not read from remote repository.", SSH],
  ['GitRevisionNotFound', "fatal: couldn't find remote ref gone"],
  ['GitRevisionNotFound', 'fatal: remote error: upload-pack: not our ref 0000000000000000000000000000000000000001'],
  ['GitHostUnknown', "fatal: unable to access 'https://h/': Could not resolve host: h"],
  ['GitHostUnknown', 'ssh: Could not resolve hostname h: Name or service not known', SSH],
  ['GitHostUnreachable', "fatal: unable to access 'https://h/': Failed to connect to h port 443: Connection refused"],
  ['GitTlsInvalid', "fatal: unable to access 'https://h/': server certificate verification failed. CAfile: none CRLfile: none"],
  ['GitTlsInvalid', "fatal: unable to access 'https://h/': SSL certificate problem: self-signed certificate"],
  ['GitProtocolRefused', "fatal: transport 'ext' not allowed"],
  ['GitRateLimited', "fatal: unable to access 'https://h/': The requested URL returned error: 429"],
  ['GitServerFailed', "fatal: unable to access 'https://h/': The requested URL returned error: 503"],
  ['GitServerFailed', 'error: RPC failed; curl 18 transfer closed\nfatal: early EOF'],
  ['GitContentRefused', 'error: object 81: gitmodulesName: disallowed submodule name: ../x\nfatal: fsck error in packed object'],
  ['GitVolumeFull', 'fatal: write error: No space left on device'],
  ['GitFolderUnwritable', "fatal: cannot mkdir /workspace/x: Permission denied"],
  ['GitFailed', 'fatal: something else'],
];

test.each(table)('%s is why git says: %s', (reason, said, circumstances = HTTP) => {
  expect(gitFailure(said, circumstances)).toMatchObject({ reason, hint: expect.stringMatching(/[\w>]\.$/) as unknown });
});

test('only what the far side may do better next time is tried again', () => {
  const passing = new Set(
    table.filter(([, said, on = HTTP]) => gitFailure(said, on).passing).map(([reason]) => reason),
  );
  expect([...passing].sort()).toEqual(['GitHostUnknown', 'GitHostUnreachable', 'GitRateLimited', 'GitServerFailed']);
});

test('the message has the cause, on one line and without what git says to every failure', () => {
  const said =
    'Cloning…\nremote: no\u001b[31m such\nfatal: repository not found\nfatal: Could not read from remote repository.';
  expect(gitError(said, SSH).message).toBe('remote: no [31m such; fatal: repository not found');
});
