// Masking: values of secrets never leave the node in a log line.
//
//   M1. Raw, base64 (at each of the three alignments, URL-safe too), hex, URL-encoded and JSON-escaped; a value of
//       several lines line by line, because lines are what a log is made of. Of docker's logins the passwords and tokens,
//       too: the file that steps get is written anew.
//   M2. One line in, one line out: numbers of lines are how a log is resumed.
//   M3. A value that is split over the parts of one long line is masked where it begins, and gone where it goes on.

import type { LogLine } from '@slipway/contracts';

const MASK = '***';
/** Shorter values are left alone: masking every "on" or "1" would make a log unreadable and hide nothing. */
const MIN_LENGTH = 4;
/** Widths at which tools break base64. */
const WRAPS = [64, 76];

/** Replaces secret values in the lines of one container, in order. */
export class LineMasker {
  readonly #pattern: RegExp | undefined;
  readonly #longest: number;
  /** A part of a long line that waits for the next, because a value may go on in it. */
  #held: LogLine | undefined;

  constructor(values: Iterable<string>) {
    const needles = needlesOf(values);
    this.#longest = needles.reduce((longest, { length }) => Math.max(longest, length), 0);
    // Longest first: of two values that begin alike the longer must win, or its rest would stay readable.
    const sources = needles.sort((a, b) => b.length - a.length).map(escapeRegExp);
    this.#pattern = sources.length === 0 ? undefined : new RegExp(sources.join('|'), 'g');
  }

  /** The next lines, masked. The last may be held back until `flush` or the next call (M3). */
  push(lines: readonly LogLine[]): LogLine[] {
    if (this.#pattern === undefined) return [...lines];
    const out: LogLine[] = [];
    for (const line of lines) {
      const held = this.#held;
      let current = line;
      if (held !== undefined) {
        const [before, after] = this.#maskAcross(held.text, line.text);
        out.push({ ...held, text: before });
        current = { ...line, text: after };
        this.#held = undefined;
      }
      if (current.partial === true) this.#held = current;
      else out.push({ ...current, text: this.#mask(current.text) });
    }
    return out;
  }

  /** What was held back. */
  flush(): LogLine[] {
    const held = this.#held;
    this.#held = undefined;
    return held === undefined ? [] : [{ ...held, text: this.#mask(held.text) }];
  }

  #mask(text: string): string {
    return this.#pattern === undefined ? text : text.replace(this.#pattern, MASK);
  }

  /** The first text masked, and the second without what belonged to a value that began in the first. */
  #maskAcross(first: string, second: string): [string, string] {
    const both = first + second.slice(0, this.#longest);
    let done = '';
    let from = 0;
    for (const match of both.matchAll(this.#pattern!)) {
      if (match.index >= first.length) break;
      done += first.slice(from, match.index) + MASK;
      from = match.index + match[0].length;
    }
    if (from <= first.length) return [done + first.slice(from), second];
    return [done, second.slice(from - first.length)];
  }
}

/** Every text that shows a secret value (M1). */
export function needlesOf(values: Iterable<string>): string[] {
  const needles = new Set<string>();
  const add = (needle: string): void => {
    if (needle.length >= MIN_LENGTH) needles.add(needle);
  };
  for (const value of [...values].flatMap((one) => [one, ...loginsIn(one)])) {
    const trimmed = value.replace(/\r?\n$/, '');
    if (trimmed.length < MIN_LENGTH) continue;
    for (const line of trimmed.split(/\r?\n/)) add(line.trim());
    for (const encoded of encodingsOf(trimmed)) add(encoded);
  }
  return [...needles];
}

/** Members of a docker login that open a registry. */
const LOGIN_SECRETS = ['password', 'auth', 'identitytoken', 'registrytoken'];

/** What is secret in a .dockerconfigjson or a .dockercfg, under whatever key; nothing in any other text. */
function loginsIn(value: string): string[] {
  if (!value.trimStart().startsWith('{')) return [];
  try {
    const config = JSON.parse(value) as { auths?: object | null };
    return Object.values(config.auths ?? config).flatMap((login: Record<string, unknown> | null) =>
      LOGIN_SECRETS.flatMap((name) => {
        const secret = login?.[name];
        if (typeof secret !== 'string') return [];
        return name === 'auth' ? [secret, ...passwordIn(secret)] : [secret];
      }),
    );
  } catch {
    return [];
  }
}

/** Of the base64 of `user:password`. */
function passwordIn(auth: string): string[] {
  try {
    const bytes = Uint8Array.from(atob(auth), (char) => char.charCodeAt(0));
    return [new TextDecoder().decode(bytes).replace(/^[^:]*:?/, '')];
  } catch {
    return [];
  }
}

function encodingsOf(value: string): string[] {
  const bytes = new TextEncoder().encode(value);
  const plain = [0, 1, 2].map((offset) => base64At(bytes, offset));
  const whole = base64(bytes).replace(/=+$/, '');
  const wrapped = WRAPS.flatMap((width) =>
    whole.length > width ? (whole.match(new RegExp(`.{1,${width}}`, 'g')) ?? []) : [],
  );
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return [
    ...[...plain, ...wrapped].flatMap((text) => [text, text.replaceAll('+', '-').replaceAll('/', '_')]),
    ...[hex, hex.toUpperCase()],
    ...[urlEncoded(value), urlEncoded(value).replaceAll('%20', '+'), userinfoEncoded(value)],
    ...[JSON.stringify(value).slice(1, -1), goEscaped(value)],
  ];
}

/** The part of the base64 text that is the same whatever stands before (`offset` bytes of it) and behind the value. */
function base64At(bytes: Uint8Array, offset: number): string {
  const padded = new Uint8Array(offset + bytes.length);
  padded.set(bytes, offset);
  const text = base64(padded).replace(/=+$/, '');
  const spoiledBefore = [0, 2, 3][offset]!;
  const spoiledBehind = padded.length % 3 === 0 ? 0 : 1;
  return text.slice(spoiledBefore, text.length - spoiledBehind);
}

function base64(bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

function urlEncoded(value: string): string {
  try {
    return encodeURIComponent(value);
  } catch {
    return value; // a lone surrogate has no URL encoding
  }
}

/** As .git-credentials has it: net/url's way, which is another than encodeURIComponent's. */
function userinfoEncoded(value: string): string {
  return urlEncoded(value)
    .replaceAll(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll(/%(?:24|26|2B|2C|3B|3D)/g, decodeURIComponent);
}

/** As Go's encoding/json and .docker/config.json have it. */
function goEscaped(value: string): string {
  return JSON.stringify(value)
    .slice(1, -1)
    .replaceAll(/[<>&\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}
