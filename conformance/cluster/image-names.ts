// The images that files name, and what a node calls them.

import type { StandIn } from '../far-side/stand-ins.js';

/** Every image that the text of a file names; those put together from params are not among them. */
export function imagesIn(text: string): string[] {
  const named = text.matchAll(/\bimage:[ \t]*(?:"([^"\n]+)"|'([^'\n]+)'|([^\s"'#,}]+))/gi);
  const names = [...named].map(([, double, single, plain]) => double ?? single ?? plain ?? '');
  return [...new Set(names.filter((name) => name !== '' && !name.includes('$')))];
}

/**
 * The whole reference: `busybox` is `docker.io/library/busybox:latest`.
 *
 * A tag beside a digest says nothing more, and nodes leave it out.
 */
export function nodeName(image: string): string {
  const [first = '', ...rest] = image.split('/');
  const hasHost = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost');
  const whole = hasHost ? image : `docker.io/${rest.length === 0 ? 'library/' : ''}${image}`;
  const [reference = '', digest] = whole.split('@');
  const untagged = reference.replace(/:[^/:]*$/, '');
  if (digest !== undefined) return `${untagged}@${digest}`;
  return untagged === reference ? `${reference}:latest` : reference;
}

/** Every folder of programs that some image is to find by their names. */
export function programFolders(standIns: readonly StandIn[]): string[] {
  return [...new Set(standIns.flatMap(({ path }) => path ?? []))];
}
