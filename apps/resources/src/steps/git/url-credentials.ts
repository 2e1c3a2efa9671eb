// Credentials that stand in a URL: out of the URL and into git's own way to ask for them, bound to their host.
//
// As a header they would follow a redirect to another host; as an argument every process could read them.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface UrlCredentials {
  /** Without user and password. */
  url: string;
  settings: [key: string, value: string][];
  env: Record<string, string>;
  /** What must appear nowhere, those that the home holds included: a server may repeat what it was sent. */
  secrets: string[];
}

const USER = 'SLIPWAY_GIT_USER';
const PASSWORD = 'SLIPWAY_GIT_PASSWORD';
/** Answers git's question from the environment; what git wants stored or erased is nothing to it. */
const HELPER = `!f() { test "$1" = get && printf 'username=%s\\npassword=%s\\n' "$${USER}" "$${PASSWORD}"; }; f`;

export function credentialsOf(url: string, home: string | undefined): UrlCredentials {
  const stored = storedUrls(home).flatMap(secretsOf);
  if (!/^https?:\/\/[^/]*@/i.test(url)) return { url, settings: [], env: {}, secrets: stored };
  const parsed = new URL(url);
  const [user, password] = [decoded(parsed.username), decoded(parsed.password)];
  const secrets = [...secretsOf(url), ...stored];
  parsed.username = '';
  parsed.password = '';
  const key = `credential.${parsed.origin}.helper`;
  return {
    url: parsed.href,
    settings: [
      [key, ''], // those of the home are not asked: the URL is nearer
      [key, HELPER],
    ],
    env: { [USER]: user, [PASSWORD]: password },
    secrets,
  };
}

/** As git reads it: a `%` that encodes nothing stands for itself. A line break would begin another line of the answer to git. */
function decoded(text: string): string {
  const plain = text.replaceAll(/(?:%[0-9A-Fa-f]{2})+/g, (run) =>
    Buffer.from(run.replaceAll('%', ''), 'hex').toString(),
  );
  return plain.replace(/[\0\r\n].*/s, '');
}

function secretsOf(url: string): string[] {
  try {
    const { username, password } = new URL(url);
    const plain = decoded(password);
    const basic = Buffer.from(`${decoded(username)}:${plain}`).toString('base64');
    const token = password === '' ? [decoded(username)] : [];
    return [basic, plain, password, ...token].filter((secret) => secret.length > 3);
  } catch {
    return [];
  }
}

function storedUrls(home: string | undefined): string[] {
  try {
    return home === undefined ? [] : readFileSync(join(home, '.git-credentials'), 'utf8').split('\n').filter(Boolean);
  } catch {
    return [];
  }
}
