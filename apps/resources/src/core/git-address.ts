// Which URLs and revisions git is given. Everything that git could take for an option, a program or a local file is
// refused before a process starts; what git itself checks is checked again here, because old versions do not.

import { SlipwayError } from '@slipway/contracts';

const SCHEMES = ['https', 'http', 'ssh', 'git'];

const UNPRINTABLE = /[\x00-\x20\x7f]/;

/** What `GIT_ALLOW_PROTOCOL` says to git and to everything that git starts, redirects and submodules included. */
export const ALLOWED_PROTOCOLS = SCHEMES.join(':');

/** Throws `invalid` naming the URL, without what is secret in it. */
export function checkGitUrl(url: string): void {
  const shown = redactUrl(url);
  const refuse = (why: string, hint = 'Use https://, ssh://, git:// or user@host:path.'): never => {
    throw new SlipwayError('invalid', 'GitUrlRefused', `The git URL "${shown}" is refused: ${why}.`, { hint });
  };
  if (url === '') refuse('it is empty');
  if (url.startsWith('-')) refuse('it begins with "-" and would be an option');
  if (UNPRINTABLE.test(url)) refuse('it has spaces or control characters');
  if (/^[A-Za-z][A-Za-z0-9+.-]*::/.test(url)) refuse('it names a remote helper, which is a program');
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):\/\//.exec(url)?.[1]?.toLowerCase();
  if (scheme === 'file' || (scheme === undefined && isPath(url))) {
    refuse('it is a path of this machine');
  }
  if (scheme === undefined) return checkScpForm(url, refuse);
  if (!SCHEMES.includes(scheme)) refuse(`"${scheme}" is not a protocol that is allowed`);
  const authority = url.slice(scheme.length + 3).split(/[/?#]/, 1)[0] ?? '';
  // The end of the host to browsers and to `URL`, part of the user to git: two readers would see two hosts.
  if (authority.includes('\\')) refuse('it has "\\" before its path');
  const at = authority.lastIndexOf('@');
  const host = authority.slice(at + 1);
  if (host === '' || host.startsWith(':')) refuse('it has no host');
  if (host.startsWith('-') || (at >= 0 && authority.startsWith('-'))) refuse('its host or user begins with "-"');
  if (!/^(\[[0-9A-Fa-f:.%]+\]|[A-Za-z0-9._~-]+)(:\d{1,5})?$/.test(host)) refuse(`"${host}" is not a host`);
}

function isPath(url: string): boolean {
  // As git decides: a colon before the first slash makes `host:path`.
  const colon = url.indexOf(':');
  const slash = url.indexOf('/');
  return colon < 0 || (slash >= 0 && slash < colon);
}

function checkScpForm(url: string, refuse: (why: string) => never): void {
  const match = /^(?:([^@:/]+)@)?(\[[0-9A-Fa-f:.%]+\]|[A-Za-z0-9._-]+):(.+)$/.exec(url);
  if (match === null) return refuse('it is neither a URL nor user@host:path');
  const [, user, host, path] = match;
  if (user?.startsWith('-') === true || host?.startsWith('-') === true || path?.startsWith('-') === true) {
    refuse('its user, host or path begins with "-"');
  }
}

/** A branch, tag, full ref name or commit. Throws `invalid`. */
export function checkRevision(revision: string): void {
  const why = refProblem(revision, false);
  if (why === undefined) return;
  throw new SlipwayError(
    'invalid',
    'GitRevisionRefused',
    `The git revision ${JSON.stringify(revision)} is refused: ${why}.`,
    {
      hint: 'Give a branch, a tag, a full ref such as refs/pull/7/head, or a commit.',
    },
  );
}

/** `[+]source[:target]` words, separated by spaces. Throws `invalid`. */
export function splitRefspecs(refspec: string): string[] {
  const words = refspec.split(/ +/).filter((word) => word !== '');
  for (const word of words) {
    const [source = '', target, ...more] = word.replace(/^\+/, '').split(':');
    const why =
      more.length > 0
        ? 'it has more than one ":"'
        : (refProblem(source, true) ?? (target === undefined ? undefined : refProblem(target, true)));
    if (why !== undefined) {
      throw new SlipwayError(
        'invalid',
        'GitRefspecRefused',
        `The git refspec ${JSON.stringify(word)} is refused: ${why}.`,
        {
          hint: 'Write it as [+]source:target, such as refs/heads/*:refs/heads/*.',
        },
      );
    }
  }
  return words;
}

/** git check-ref-format's rules, and none of the forms that look at more than one ref. */
function refProblem(ref: string, mayHaveStar: boolean): string | undefined {
  if (ref === '') return 'it is empty';
  if (ref.length > 1024) return 'it is too long';
  if (ref.startsWith('-')) return 'it begins with "-" and would be an option';
  if (UNPRINTABLE.test(ref)) return 'it has spaces or control characters';
  if (ref === '@') return '"@" alone is no name';
  const stars = ref.match(/\*/g)?.length ?? 0;
  if (stars > (mayHaveStar ? 1 : 0)) return 'it has "*"';
  const found = /\.\.|@\{|\/\/|[~^:?[\\]/.exec(ref);
  if (found !== null) return `it has "${found[0]}"`;
  if (ref.startsWith('/') || ref.endsWith('/') || ref.endsWith('.'))
    return 'it begins or ends with "/" or ends with "."';
  if (ref.split('/').some((part) => part.startsWith('.') || part.endsWith('.lock')))
    return 'a part of it begins with "." or ends with ".lock"';
  return undefined;
}

/** The URL without password, one that is written with a bare `@` or `/` too, and without what a query may hide. */
export function redactUrl(text: string): string {
  return text
    .replace(/([A-Za-z][A-Za-z0-9+.-]*:\/\/)(?:[^/\s]*|[^/@:\s]*:(?!\d*\/)\S*)@/g, '$1***@')
    .replace(/([?&][^=\s&]*=)[^&\s'"]*/g, '$1***');
}
