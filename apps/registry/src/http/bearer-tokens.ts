// Users of a file: bearer tokens against their SHA-256, and what each of them may do.

import { createHash, timingSafeEqual } from 'node:crypto';
import { SlipwayError } from '@slipway/contracts';
import { unauthorized, type Authenticate, type Rule, type User } from './authentication.js';

/** One line of the tokens file. */
export interface TokenEntry {
  /** SHA-256 of the token in hex: the file gives nobody access. */
  tokenSha256: string;
  user: string;
  groups?: readonly string[];
  rules: readonly Rule[];
}

/** Errors of the returned function: SlipwayError('unauthorized') for no token, a bad scheme and unknown tokens alike. */
export function bearerTokens(entries: readonly TokenEntry[]): Authenticate {
  const known = entries.map(({ tokenSha256, user, groups, rules }) => ({
    digest: Buffer.from(tokenSha256, 'hex'),
    user: { name: user, groups: [...(groups ?? []), 'system:authenticated'], rules } satisfies User,
  }));
  return ({ headers }) => {
    const token = /^Bearer +(\S+)\s*$/i.exec(headers.authorization ?? '')?.[1];
    if (token === undefined) throw unauthorized();
    const digest = createHash('sha256').update(token).digest();
    let found: User | undefined;
    // Every entry is compared, so that the time taken tells nothing about which one came close.
    for (const entry of known) {
      if (entry.digest.length === digest.length && timingSafeEqual(entry.digest, digest)) found = entry.user;
    }
    if (found === undefined) throw unauthorized();
    return found;
  };
}

/**
 * Checks what was read from a tokens file.
 *
 * Errors: `invalid` naming the entry and the field.
 */
export function parseTokenEntries(data: unknown, file: string): TokenEntry[] {
  if (!Array.isArray(data))
    throw new SlipwayError('invalid', 'InvalidTokensFile', `${file}: must be a list of tokens.`);
  return data.map((entry: unknown, i) => {
    const wrong = (what: string): SlipwayError =>
      new SlipwayError('invalid', 'InvalidTokensFile', `${file}: entry ${i + 1}: ${what}.`);
    const { tokenSha256, user, groups, rules } = (entry ?? {}) as Record<string, unknown>;
    if (typeof tokenSha256 !== 'string' || !/^[0-9a-f]{64}$/i.test(tokenSha256)) {
      throw wrong('tokenSha256 must be 64 hex digits');
    }
    if (typeof user !== 'string' || user === '') throw wrong('user must be a name');
    if (groups !== undefined && !isTexts(groups)) throw wrong('groups must be a list of names');
    if (!Array.isArray(rules)) throw wrong('rules must be a list');
    for (const rule of rules as unknown[]) {
      const { namespaces, resources, verbs } = (rule ?? {}) as Record<string, unknown>;
      if (!isTexts(namespaces) || !isTexts(resources) || !isTexts(verbs)) {
        throw wrong('each rule needs namespaces, resources and verbs, lists of names');
      }
    }
    return { tokenSha256, user, ...(groups === undefined ? {} : { groups }), rules: rules as Rule[] };
  });
}

function isTexts(data: unknown): data is string[] {
  return Array.isArray(data) && data.every((item) => typeof item === 'string');
}
